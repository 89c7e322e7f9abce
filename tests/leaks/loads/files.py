# files.py FOLDER SECONDS: 100 empty session files a second; those older than SECONDS are removed (0: never).
import collections
import os
import sys
import time

folder, seconds = sys.argv[1], int(sys.argv[2])
os.makedirs(folder)
files = collections.deque()
number = 0
while True:
    for _ in range(20):
        os.close(os.open(f"{folder}/{number}", os.O_CREAT | os.O_WRONLY))
        number += 1
    if seconds:
        files.append((time.monotonic(), number))
        while files[0][0] < time.monotonic() - seconds:
            until = files.popleft()[1]
            for old in range(until - 20, until):
                os.unlink(f"{folder}/{old}")
    time.sleep(0.2)
