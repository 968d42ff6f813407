"""What the acceptance tests call: `provider.py [INSTANCE]`.  It says when a function runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from rekuest import Rekuest, acall, call, current_assignation, log, progress

client = Rekuest("acceptance", instance_id=sys.argv[1] if sys.argv[1:] else None)


class Colour(Enum):
    """What something looks like."""

    RED = "red"
    GREEN = "green"


@dataclass
class Sample:
    """Something to look at."""

    name: str
    colours: list[Colour]
    depth: float | None = None


def say(text: str) -> None:
    """Tell the test."""
    print(text, flush=True)


@client.register
async def add(a: int, b: int = 1) -> int:
    """Add two numbers.

    Args:
        a: The first one.
        b: The second one.
    """
    say(f"add {a} {b}")
    return a + b


@client.register(concurrency=8)
def multiply(a: int, b: int) -> int:
    """Multiply two numbers, in a thread."""
    return a * b


@client.register
async def describe(sample: Sample, colour: Colour) -> dict[str, bool]:
    """Tell which samples have a colour."""
    return {sample.name: colour in sample.colours}


@client.register
async def count(to: int) -> AsyncIterator[int]:
    """Count, and report progress and a line for each number."""
    for number in range(to):
        progress(number, to, f"at {number}")
        log(f"counting {number}")
        yield number


@client.register
def count_sync(to: int) -> Iterator[int]:
    """Count in a thread."""
    yield from range(to)


@client.register
async def report(text: str) -> str:
    """Report progress and a line, and return both ids that the function knows."""
    progress(0.5, message="half way")
    log(text, "WARNING")
    return current_assignation().caller.app


@client.register
async def add_through_a_call(a: int, b: int) -> int:
    """Add by calling another function, async."""
    return int(await acall("add", a, b))


@client.register
def add_through_a_sync_call(a: int, b: int) -> int:
    """Add by calling another function from a thread."""
    return int(call("add", a, b))


@client.register
async def repeat(text: str, times: int) -> str:
    """Return a text that may be too long for a message."""
    return text * times


@client.register
async def lie() -> int:
    """Return something else than it says."""
    return "no number"  # type: ignore[return-value]  # that is the point


@client.register
async def fail(message: str) -> None:
    """Raise."""
    error = ValueError(message)
    error.add_note("a note")
    raise error


@client.register(concurrency=4)
def hold(fifo: str) -> str:
    """Wait until somebody writes into a pipe, and return what was written."""
    say(f"holding {Path(fifo).name}")
    text = Path(fifo).read_text(encoding="utf-8")
    say(f"released {Path(fifo).name}")
    return text


client.register(interface="hold_again", idempotent=True)(hold)


@client.register
async def wait_forever(name: str) -> None:
    """Wait until cancelled."""
    say(f"waiting {name}")
    try:
        await asyncio.Event().wait()
    finally:
        say(f"cleaned up {name}")


@client.register
async def count_forever(name: str) -> AsyncIterator[int]:
    """Count until cancelled."""
    number = 0
    try:
        while True:
            yield number
            number += 1
            await asyncio.sleep(0)
    finally:
        say(f"cleaned up {name}")


with client:
    client.run()
