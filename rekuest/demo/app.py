"""The demo's provider: one function of each kind.  Run it with `python -m rekuest.demo.app`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum

from rekuest import Rekuest, log, progress

client = Rekuest("rekuest-demo")


@client.register
def rpc_function(x: int, name: str) -> str:
    """Greet somebody.

    A function that we can simply call from anywhere.

    Args:
        x: How many times.
        name: Whom to greet.
    """
    return " ".join([f"hello {name}"] * x)


@client.register
async def scan(rows: int = 5) -> AsyncIterator[int]:
    """Scan a sample row by row.

    Each row's brightness arrives as soon as it is measured.

    Args:
        rows: How many rows.
    """
    for row in range(rows):
        log(f"measuring row {row}")
        progress(row + 1, total=rows, message="scanning")
        await asyncio.sleep(0.05)  # the microscope moves
        yield row * row


@client.register
async def incubate(minutes: float = 60) -> str:
    """Keep a sample warm, for long: somebody will want to cancel this.

    Args:
        minutes: For how long.
    """
    log("the incubator is warm")
    await asyncio.sleep(60 * minutes)
    return "ready"


@client.register
def divide(a: float, b: float) -> float:
    """Divide one number by another, which does not always work."""
    return a / b


class Stain(Enum):
    """What a sample was stained with."""

    DAPI = 461
    GFP = 509


@dataclass(frozen=True)
class Sample:
    """What lies under the microscope."""

    name: str
    stains: list[Stain]
    depth: float | None = None


@client.register
def describe(sample: Sample, brightest: Stain = Stain.GFP) -> dict[str, float]:
    """Tell the wavelengths that a sample can be seen at, the brightest one doubled.

    Args:
        sample: What was stained.
        brightest: Which stain counts twice.
    """
    return {
        stain.name: float(stain.value * 2 if stain is brightest else stain.value)
        for stain in sample.stains
    }


if __name__ == "__main__":
    with client:
        client.run()
