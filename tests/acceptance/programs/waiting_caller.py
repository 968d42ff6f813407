"""Calls a function that does not end: `waiting_caller.py NAME`."""

import sys

from rekuest import Rekuest, call

with Rekuest("acceptance"):
    call("wait_forever", sys.argv[1])
