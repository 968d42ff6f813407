"""The demo's caller: performs each step and checks it.  Run it with `python -m rekuest.demo.caller`.

Its output is for `rekuest.demo.run`, which shows it; see `rekuest.demo.report`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from rekuest import NodeHandle, Rekuest, RemoteError, call, find
from rekuest.api import AssignationFilter, get_server, list_assignations, list_nodes
from rekuest.api.wire import LogLine
from rekuest.demo.app import Sample, Stain
from rekuest.demo.report import Ended, Line, Started, tell

Say = Callable[[object], None]

FUNCTIONS = ["describe", "divide", "incubate", "rpc_function", "scan"]
STATUSES = ["CANCELLED", "DONE", "FAILED"]  # what the calls of this demo end as


class UnexpectedError(Exception):
    """A step did not go as it should."""


class Step(NamedTuple):
    """One thing that the demo shows."""

    title: str
    code: str  # the line that matters
    perform: Callable[[Say], None]


def expect(what: str, got: object, expected: object) -> None:
    """Raise UnexpectedError unless the two are equal."""
    if got != expected:
        raise UnexpectedError(f"{what}: expected {expected!r}, got {got!r}")


def show_node(say: Say) -> None:
    """Find a node; its documentation and ports come from the function's hints and docstring."""
    node = find(interface="rpc_function")
    documented = next(item for item in list_nodes().items if item.id == node.id)
    say(f"{node.name}: {documented.title}")
    say(documented.description or "")
    for port in documented.ports:
        about = f": {port.description}" if port.description else ""
        say(f"{port.direction.value.lower()} {port.key} {port.kind.value}{about}")
    keys = [port.key for port in documented.ports]
    expect("ports", keys, ["x", "name", "return"])


def call_sync(say: Say) -> None:
    """Reserve an instance and call it."""
    with find(interface="rpc_function") as node:
        greeting = node.assign(2, "johannes")
    say(greeting)
    expect("greeting", greeting, "hello johannes hello johannes")


def call_async(say: Say) -> None:
    """Call twice at once."""

    async def both(node: NodeHandle) -> list[Any]:
        return list(await asyncio.gather(node.aassign(1, "ada"), node.aassign(x=2, name="grace")))

    greetings = asyncio.run(both(find(interface="rpc_function")))
    say(greetings)
    expect("greetings", greetings, ["hello ada", "hello grace hello grace"])


def call_typed(say: Say) -> None:
    """Send a dataclass and an enum, get a dict."""
    wavelengths = call("describe", Sample("liver", [Stain.DAPI, Stain.GFP]), Stain.DAPI)
    say(wavelengths)
    expect("wavelengths", wavelengths, {"DAPI": 922.0, "GFP": 509.0})


def stream(say: Say) -> None:
    """Iterate over a generator; progress and log lines arrive beside its values."""
    progresses: list[float] = []
    lines: list[str] = []

    def hear(line: LogLine) -> None:
        lines.append(line.message)
        say(f"log: {line.message}")

    node = find(interface="scan").options(
        on_progress=lambda progress: progresses.append(progress.done), on_log=hear
    )
    rows: list[int] = []
    for brightness in node.iterate(rows=4):
        say(f"row {len(rows)} has brightness {brightness}, progress {progresses[-1:]}")
        rows.append(brightness)
    expect("rows", rows, [0, 1, 4, 9])
    expect("whether progress arrived", bool(progresses), True)
    expect("the last line", lines[-1:], ["measuring row 3"])


def cancel(say: Say) -> None:
    """Cancel a call that would last an hour, as soon as it runs."""

    async def cancel_when_warm(node: NodeHandle) -> None:
        loop, warm = asyncio.get_running_loop(), asyncio.Event()
        patient = node.options(on_log=lambda line: loop.call_soon_threadsafe(warm.set))
        task = asyncio.create_task(patient.aassign())
        warmed = asyncio.create_task(warm.wait())
        await asyncio.wait((warmed, task), return_when=asyncio.FIRST_COMPLETED)
        warmed.cancel()
        task.cancel()
        await asyncio.wait((task,))
        expect("whether it was cancelled", task.cancelled(), True)

    node = find(interface="incubate")
    asyncio.run(cancel_when_warm(node))
    latest = list_assignations(filter=AssignationFilter(node=node.id)).items[0]
    say(f"the call is {latest.status.value} after attempt {latest.attempt}")
    expect("status", latest.status.value, "CANCELLED")


def fail(say: Say) -> None:
    """See an exception of the function at the caller."""
    try:
        call("divide", 1.0, 0.0)
    except RemoteError as error:
        say(error)
        for line in (error.traceback or "").splitlines():
            say(line)
        expect("type", error.type, "ZeroDivisionError")
        expect("whether the traceback names the line", "return a / b" in str(error.traceback), True)
    else:
        raise UnexpectedError("1 / 0 gave a result")


def use_api(say: Say) -> None:
    """Use the generated functions and models."""
    server = get_server()
    say(f"server {server.version}")
    names = sorted(node.name for node in list_nodes().items)
    say(f"nodes: {', '.join(names)}")
    expect("nodes", names, FUNCTIONS)


def read_record(say: Say) -> None:
    """Read the recorded calls back."""
    calls = list_assignations().items
    for recorded in reversed(calls):
        say(f"{recorded.node.name:<14}{recorded.status.value:<11}{recorded.created_at:%H:%M:%S.%f}")
    expect("statuses", sorted({recorded.status.value for recorded in calls}), STATUSES)


STEPS = (
    Step("Find a node", 'node = find(interface="rpc_function")', show_node),
    Step("Call it", 'node.assign(2, "johannes")', call_sync),
    Step("Call it async, twice at once", 'await node.aassign(1, "ada")', call_async),
    Step("Dataclasses and enums travel", 'call("describe", Sample("liver", …))', call_typed),
    Step("Stream a generator", "for brightness in node.iterate(rows=4)", stream),
    Step("Cancel a call", "task.cancel()", cancel),
    Step("See an error travel", 'call("divide", 1.0, 0.0)', fail),
    Step("Use the generated API", "list_nodes()", use_api),
    Step("Read the record", "list_assignations()", read_record),
)


def perform(step: Step) -> bool:
    """Perform one step and report it; return whether all was as expected."""
    tell(Started(step.title, step.code))
    problem = None
    try:
        step.perform(lambda text: tell(Line(str(text))))
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is what this step has to report
        problem = f"{type(exc).__name__}: {exc}"
    tell(Ended(problem))
    return problem is None


def main() -> int:
    """Perform all steps; return how many were not as expected."""
    with Rekuest("rekuest-demo"):
        return sum(not perform(step) for step in STEPS)


if __name__ == "__main__":
    sys.exit(main())
