"""Single reads of one step are done together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from rekuest.server.graphql.loaders import Loader

pytestmark = pytest.mark.anyio


class Reads:
    """Remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Know everything but `nothing`; fail for `bad`."""
        self.asked.append(list(keys))
        if "bad" in keys:
            raise ValueError("bad")
        return {key: key.upper() for key in keys if key != "nothing"}


async def test_loads_of_one_step_are_one_read() -> None:
    reads = Reads()
    loader = Loader(reads.fetch)
    assert await asyncio.gather(*(loader.load(key) for key in "aba")) == ["A", "B", "A"]
    assert reads.asked == [["a", "b"]]


async def test_what_there_is_not_is_none() -> None:
    assert await Loader(Reads().fetch).load("nothing") is None


async def test_nothing_is_kept() -> None:
    reads = Reads()
    loader = Loader(reads.fetch)
    await loader.load("a")
    await loader.load("a")
    assert reads.asked == [["a"], ["a"]]


async def test_a_read_that_fails_fails_for_all() -> None:
    loader = Loader(Reads().fetch)
    results = await asyncio.gather(loader.load("a"), loader.load("bad"), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, ValueError]
