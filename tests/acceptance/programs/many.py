"""Provides a thousand functions from one process."""

from __future__ import annotations

from collections.abc import Callable

from rekuest import Rekuest

COUNT = 1000

client = Rekuest("acceptance")


def make(number: int) -> Callable[[int], int]:
    """Make a function that adds a number."""

    def add(x: int) -> int:
        return x + number

    return add


for number in range(COUNT):
    client.register(interface=f"add_{number}")(make(number))

with client:
    client.run()
