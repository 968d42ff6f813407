"""Shows the whole system once: starts server, agent and caller, and prints each step for a person."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from rekuest.demo.processes import DemoError, Process
from rekuest.demo.report import Ended, Line, Report, Started, read

__all__ = ["run_demo"]

READY_TIMEOUT = 60.0  # seconds for a process to get ready: a slow machine's first start
_LISTENING = re.compile(r"listening on (http://\S+)")


@dataclass(slots=True)
class Tally:
    """The steps so far."""

    expected: list[str] = field(default_factory=list)  # titles of those that went as expected
    unexpected: list[str] = field(default_factory=list)
    current: str = ""


def run_demo(keep: bool = False) -> int:
    """Start everything in a temporary folder and show each step.

    Args:
        keep: Leave server and agent running afterwards, until Ctrl-C, and print the URLs.

    Returns:
        An exit code: 0 if every step was as expected.
    """
    console = Console(highlight=False)
    if threading.current_thread() is threading.main_thread():
        # Also a SIGTERM unwinds this function, so that no process is left behind.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="rekuest-demo-"))
        environ = _environment(Path(folder))
        try:
            url = stack.enter_context(_server(console, folder, environ))
            stack.enter_context(_agent(console, environ))
        except DemoError as exc:
            console.print(f"[red]✗ {escape(str(exc))}[/]")
            return 1
        code = _call(console, environ)
        if keep:
            _keep(console, url, folder)
    return code


def _environment(folder: Path) -> dict[str, str]:
    """Return this process's environment, with the demo's own data folder and nothing else of rekuest."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REKUEST_")}
    return {**kept, "REKUEST_DATA_DIR": str(folder)}


@contextmanager
def _server(console: Console, folder: str, environ: Mapping[str, str]) -> Iterator[str]:
    command = ("rekuest", "server", "--port", "0", "--data-dir", folder)
    server = Process("server", *command, environ=environ)
    try:
        line = server.wait_for(lambda said: _LISTENING.search(said) is not None, READY_TIMEOUT)
        found = _LISTENING.search(line)
        assert found is not None  # that is what was waited for
        console.print(f"[bold]rekuest server[/]  {found[1]}  (SQLite in {folder})")
        yield found[1]
    finally:
        server.stop()


@contextmanager
def _agent(console: Console, environ: Mapping[str, str]) -> Iterator[None]:
    agent = Process("agent", "rekuest.demo.app", environ=environ)
    try:
        line = agent.wait_for(lambda said: " provides " in said, READY_TIMEOUT)
        console.print(f"[bold]agent[/]           {escape(line.split(' INFO ')[-1])}")
        yield
    finally:
        agent.stop()


def _call(console: Console, environ: Mapping[str, str]) -> int:
    tally = Tally()
    command = [sys.executable, "-m", "rekuest.demo.caller"]
    with subprocess.Popen(
        command,
        env={**environ, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as caller:
        assert caller.stdout is not None  # it is a pipe
        for report in read(caller.stdout):
            _show(console, tally, report)
    return _summarize(console, tally, caller.returncode)


def _show(console: Console, tally: Tally, report: Report) -> None:
    match report:
        case Started(step, code):
            tally.current = step
            console.print(f"\n[bold cyan]{escape(step)}[/]  [dim]{escape(code)}[/]")
        case Line(text):
            console.print(f"  {escape(text)}")
        case Ended(None):
            tally.expected.append(tally.current)
            console.print("  [green]✓[/]")
        case Ended(problem):
            tally.unexpected.append(tally.current)
            console.print(f"  [red]✗ {escape(str(problem))}[/]")


def _summarize(console: Console, tally: Tally, code: int) -> int:
    console.print()
    if code == 0 and tally.expected and not tally.unexpected:
        console.print(f"[bold green]all {len(tally.expected)} steps went as expected[/]")
        return 0
    for step in tally.unexpected:
        console.print(f"[red]✗ {escape(step)}[/]")
    console.print(f"[bold red]not as expected[/] (the caller ended with exit code {code})")
    return 1


def _keep(console: Console, url: str, folder: str) -> None:
    console.print(f"\nstill running: {url}/graphql and {url}/schema.graphql; Ctrl-C ends it")
    console.print(f"call from another terminal: REKUEST_DATA_DIR={folder} python")
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
