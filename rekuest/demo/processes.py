"""The demo's processes: started one after the other, each when the one before is ready."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO

__all__ = ["DemoError", "Process"]

STOP_GRACE = 10.0  # seconds until a process that was asked to end is killed


class DemoError(Exception):
    """A process of the demo ended before it was ready."""


class Process:
    """One process: a Python module, its output read line by line."""

    def __init__(self, name: str, *command: str, environ: Mapping[str, str]) -> None:
        """Start `python -m command...`.

        Args:
            name: What a person calls it.
            command: Module and arguments.
            environ: All of its environment.
        """
        self.name = name
        self.output: list[str] = []  # every line so far, of stdout and stderr
        self._changed = threading.Condition()
        self._is_ended = False  # its output has ended
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        assert self._process.stdout is not None  # it is a pipe
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    def wait_for(self, found: Callable[[str], bool], timeout: float) -> str:
        """Return the first line that is looked for.

        Raises:
            DemoError: The process ended without it, or did not print it in time.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_ended or any(map(found, self.output)), timeout=timeout
            )
            line = next(filter(found, self.output), None)
        if line is None:
            said = "\n".join(self.output[-20:])
            raise DemoError(f"the {self.name} did not get ready; it said:\n{said}")
        return line

    def stop(self) -> None:
        """End the process, politely first.  May be called twice."""
        self._process.terminate()
        try:
            self._process.wait(STOP_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait(self) -> int:
        """Wait until the process ends by itself; return its exit code."""
        return self._process.wait()

    def _read(self, stream: IO[str]) -> None:
        with stream, suppress(ValueError):
            for line in stream:
                with self._changed:
                    self.output.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()
