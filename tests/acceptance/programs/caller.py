"""Calls `hold` under a reference and prints the result: `caller.py REFERENCE FIFO`."""

import sys

from rekuest import Rekuest, find

reference, fifo = sys.argv[1:]

with Rekuest("acceptance"):
    node = find(interface="hold").options(reference=reference)
    print(node.assign(fifo))
