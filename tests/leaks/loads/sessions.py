# sessions.py keep|drop: each request opens a session of 16 KB; "drop" keeps the newest 1500 alone.
import collections
import os
import sys
import time

sessions = collections.OrderedDict()
while True:
    sessions[os.urandom(16).hex()] = os.urandom(8192).hex()
    if sys.argv[1] == "drop" and len(sessions) > 1500:
        sessions.popitem(last=False)
    time.sleep(0.2)
