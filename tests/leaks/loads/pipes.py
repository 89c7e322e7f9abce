# Makes a pipe for each request, leaves 16 KB in it, and forgets to close it: what leaks is the kernel's.
import os
import resource
import time

resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
while True:
    os.write(os.pipe()[1], bytes(16384))
    time.sleep(0.25)
