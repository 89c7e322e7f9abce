# later.py SECONDS: serves healthily for so long, then takes the way that leaks, with a rest now and then.
import os
import sys
import time

began = time.monotonic()
newest, kept, number = {}, [], 0
while True:
    number += 1
    newest[number % 300] = os.urandom(16384)
    if time.monotonic() - began > int(sys.argv[1]):
        kept.append(os.urandom(20000))
        if len(kept) % 500 == 0:
            time.sleep(20)
    time.sleep(0.2)
