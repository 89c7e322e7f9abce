# Loads a table of about 40 MB, works on it, and drops it; again a while later.
import os
import time

while True:
    table = []
    for _ in range(400):
        table.append(os.urandom(100000))
        time.sleep(0.02)
    time.sleep(5)
    del table
    time.sleep(20)
