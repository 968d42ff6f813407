"""Round trips caller → server → agent → server → caller, beside a raw one-hop relay in the same run.

    python -m benchmarks.roundtrip [--calls 2000] [--json] [--durability power]

Three processes each: server, worker, and this one, the caller.  Figures of two runs on different machines cannot be
compared; the ratios of one run can.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.relay import RelayCaller
from rekuest import Rekuest, UsageError

IN_FLIGHT = (1, 16, 100, 1000)
CPU_AT = 100  # in flight, when the CPU seconds of all three processes are counted
Call = Callable[[], Awaitable[object]]


@contextlib.contextmanager
def process(*command: str, ready: str, **env: str) -> Iterator[str]:
    """Run `python COMMAND` until the block ends; gives the first line of output that starts with `ready`."""
    child = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        for line in child.stdout:
            if line.startswith(ready):
                yield line.removeprefix(ready).strip()
                return
        raise RuntimeError(f"{command} ended before it was ready")
    finally:
        child.terminate()
        child.wait(timeout=20)


async def sequential(call: Call, calls: int) -> dict[str, float]:
    """Return milliseconds of single calls, one after the other."""
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        await call()
        times.append((time.perf_counter() - start) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return {"p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98]}


async def throughput(call: Call, calls: int, in_flight: int) -> float:
    """Return calls a second with so many in flight."""
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await call()

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return calls / (time.perf_counter() - start)


async def measure(call: Call, calls: int) -> dict[str, float]:
    """Return all figures of one way to call."""
    for _ in range(min(200, calls)):
        await call()
    figures = await sequential(call, calls)
    for in_flight in IN_FLIGHT:
        amount = calls if in_flight == 1 else calls * 5
        before = cpu_seconds()
        figures[f"c{in_flight}_per_s"] = await throughput(call, amount, in_flight)
        if before is not None and (after := cpu_seconds()) is not None and in_flight == CPU_AT:
            figures[f"cpu_s_1k_c{in_flight}"] = (after - before) / amount * 1000
    return figures


def cpu_seconds() -> float | None:
    """Return what this process and its children have computed; None where /proc does not tell."""
    own = Path(f"/proc/{os.getpid()}")
    try:
        children = [
            Path("/proc", pid)
            for file in own.glob("task/*/children")
            for pid in file.read_text().split()
        ]
        fields = [(one / "stat").read_text().rpartition(")")[2].split() for one in (own, *children)]
    except OSError:
        return None
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


async def measure_relay(calls: int) -> dict[str, float]:
    """Measure the floor."""
    with (
        process("-m", "benchmarks.relay", "server", ready="listening on ") as url,
        process("-m", "benchmarks.relay", "worker", url, ready="ready"),
    ):
        async with RelayCaller(url) as caller:
            return await measure(caller.call, calls)


@contextlib.contextmanager
def system(durability: str) -> Iterator[tuple[str, str]]:
    """Run a server and a worker; gives the URL and the data folder."""
    with tempfile.TemporaryDirectory() as folder:
        server = ("-m", "rekuest", "server", "--port", "0", "--data-dir", folder)
        env = {"REKUEST_DURABILITY": durability, "REKUEST_DATA_DIR": folder}
        with process(*server, ready="listening on ", **env) as url:
            worker = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.worker"],
                env={**os.environ, **env, "REKUEST_URL": url},
            )
            try:
                yield url, folder
            finally:
                worker.terminate()
                worker.wait(timeout=20)


def found(client: Rekuest) -> Any:
    """Return the worker's node, as soon as the worker has declared it."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return client.find(interface="greet")
        except UsageError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@contextlib.asynccontextmanager
async def caller(url: str, folder: str) -> AsyncIterator[Any]:
    """Give the node, as a caller in this process holds it."""
    os.environ["REKUEST_DATA_DIR"] = folder
    client = Rekuest("benchmark-caller", url=url)
    with Rekuest("benchmark-finder", url=url) as finder:
        id = found(finder).id
    async with client:
        yield await client.afind(id=id)


async def measure_rekuest(calls: int, durability: str, *, ephemeral: bool) -> dict[str, float]:
    """Measure the async API."""
    with system(durability) as (url, folder):
        async with caller(url, folder) as node:
            chosen = node.options(ephemeral=ephemeral)
            return await measure(lambda: chosen.aassign(2, "johannes"), calls)


def measure_sync(calls: int, durability: str) -> dict[str, float]:
    """Measure the sync API: one thread, one call after the other."""
    with system(durability) as (url, folder):
        os.environ["REKUEST_DATA_DIR"] = folder
        client = Rekuest("benchmark-caller", url=url)
        with client:
            node = found(client)
            for _ in range(100):
                node.assign(2, "johannes")
            times = []
            for _ in range(calls):
                start = time.perf_counter()
                node.assign(2, "johannes")
                times.append((time.perf_counter() - start) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return {"p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98]}


def table(results: dict[str, dict[str, float]]) -> str:
    """Return the figures as text, each with its ratio to the relay's."""
    floor = results["relay"]
    lines = [f"{'':24}" + "".join(f"{name:>20}" for name in floor)]
    for name, figures in results.items():
        cells = [
            f"{figures[key]:>11.2f} ({figures[key] / floor[key]:>5.2f})"
            if key in figures
            else " " * 20
            for key in floor
        ]
        lines.append(f"{name:24}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join(lines)


def main() -> None:
    """Run all measurements and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--calls", type=int, default=2000, help="sequential calls; five times as many in flight"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--out", type=Path, help="also write the JSON to this file")
    arguments = parser.parse_args()
    calls = arguments.calls
    results = {
        "relay": asyncio.run(measure_relay(calls)),
        "durable (power)": asyncio.run(measure_rekuest(calls, "power", ephemeral=False)),
        "durable (process)": asyncio.run(measure_rekuest(calls, "process", ephemeral=False)),
        "ephemeral": asyncio.run(measure_rekuest(calls, "power", ephemeral=True)),
        "sync API, durable (power)": measure_sync(calls, "power"),
        "relay again": asyncio.run(measure_relay(calls)),
    }
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2) if arguments.json else table(results))


if __name__ == "__main__":
    main()
