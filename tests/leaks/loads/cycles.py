# cycles.py off|on: each request leaves two objects that hold each other; "off": nobody collects them.
import gc
import os
import sys
import time


class Node:
    pass


if sys.argv[1] == "off":
    gc.disable()
while True:
    parent, child = Node(), Node()
    parent.child, child.parent = child, parent
    parent.body = os.urandom(16384)
    time.sleep(0.2)
