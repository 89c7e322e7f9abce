# fill.py redis|memcached SOCKET BYTES SECONDS: sets five new keys of BYTES a second, to expire after SECONDS (0: never).
import os
import socket
import sys
import time

server, address, size, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
connection = socket.socket(socket.AF_UNIX)
while connection.connect_ex(address):
    time.sleep(0.5)
number = 0
while True:
    value = os.urandom(size // 2).hex()
    if server == "memcached":
        request = f"set key:{number} 0 {seconds} {len(value)}\r\n{value}\r\n"
    else:
        request = f"SET key:{number} {value}" + (f" EX {seconds}" if seconds else "") + "\r\n"
    connection.sendall(request.encode())
    connection.recv(4096)
    number += 1
    time.sleep(0.2)
