# Has 40 MB, of which it touches nothing more.
import os
import time

table = [os.urandom(100000) for _ in range(400)]
while True:
    time.sleep(1)
