# misses.py FOLDER: asks for files that aren't there. The kernel remembers each one, and can forget them all.
import os
import sys
import time

number = 0
while True:
    for _ in range(50):
        os.path.exists(f"{sys.argv[1]}/no-such-file-{number}")
        number += 1
    time.sleep(0.2)
