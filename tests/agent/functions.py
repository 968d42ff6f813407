"""Functions that the tests of the agent provide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from rekuest import log


def double(x: int) -> int:
    return 2 * x


async def rows(n: int) -> AsyncIterator[int]:
    for number in range(n):
        yield number


async def hang() -> None:
    log("hanging")
    await asyncio.Event().wait()
