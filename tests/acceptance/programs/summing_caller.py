"""Adds many pairs, one after the other, and prints the sum: `summing_caller.py START COUNT`."""

import sys

from rekuest import Rekuest, find

start, count = map(int, sys.argv[1:])

with Rekuest("acceptance"), find(interface="add") as node:
    print("sum", sum(node.assign(start, number) for number in range(count)))
