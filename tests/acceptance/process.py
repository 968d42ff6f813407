"""One real process: started, read line by line, waited for, ended by its id."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import IO

from tools.sources import ROOT

__all__ = ["PATIENCE", "Process"]

PATIENCE = 30.0  # seconds for anything that has to happen: a loaded machine, not a measure of speed
SHOWN = 60  # lines of each stream that a failed test shows


class Process:
    """A Python program of its own.  Everything it says is kept, and shown when a wait fails."""

    def __init__(self, name: str, *arguments: str, environ: Mapping[str, str]) -> None:
        """Start `python ARGUMENTS...`.

        Args:
            name: What a person calls it.
            arguments: Of the interpreter: `-m module ...` or `script.py ...`.
            environ: All of its environment.
        """
        self.name = name
        self.stdout: list[str] = []  # every line so far
        self.stderr: list[str] = []
        self._changed = threading.Condition()
        self._open_streams = 2  # while one is left, something may still be said
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._readers = [
            self._read(self._process.stdout, self.stdout),
            self._read(self._process.stderr, self.stderr),
        ]

    @property
    def pid(self) -> int:
        """Its id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def said(self) -> str:
        """What it has said last, for a person."""
        lines = [f"--- {self.name} (exit code {self._process.poll()})", *self.stdout[-SHOWN:]]
        return "\n".join([*lines, f"--- {self.name}, stderr", *self.stderr[-SHOWN:]])

    def wait_for(self, text: str, *, count: int = 1, timeout: float = PATIENCE) -> str:
        """Wait until a text was said and return the line.

        Args:
            text: Part of a line of stdout or stderr.
            count: In how many lines it has to be; the last of them is returned.
            timeout: Seconds.

        Raises:
            AssertionError: It ended, or the time passed, without the text.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: len(self.lines(text)) >= count or not self._open_streams, timeout
            )
        found = self.lines(text)
        assert len(found) >= count, f"{self.name} did not say {text!r} {count} times\n{self.said}"
        return found[count - 1]

    def lines(self, text: str) -> list[str]:
        """Return the lines so far that contain a text."""
        return [line for line in (*self.stdout, *self.stderr) if text in line]

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait until it ends by itself and has said everything; return its exit code."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} does not end\n{self.said}") from None
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    def output(self, timeout: float = PATIENCE) -> list[str]:
        """Wait until it ends well and return the lines of its stdout."""
        assert self.wait(timeout) == 0, self.said
        return self.stdout

    def freeze(self) -> None:
        """Let it do nothing, as a laptop that sleeps, until `thaw`."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it by SIGKILL.  May be repeated."""
        self._process.kill()
        self.wait()

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ask it to end and wait; kill it if it does not.  May be repeated."""
        if self.is_running:
            self._process.send_signal(number)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self.wait()

    def _read(self, stream: IO[str] | None, lines: list[str]) -> threading.Thread:
        assert stream is not None  # it is a pipe
        reader = threading.Thread(target=self._collect, args=(stream, lines), daemon=True)
        reader.start()
        return reader

    def _collect(self, stream: IO[str], lines: list[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    lines.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._open_streams -= 1
            self._changed.notify_all()
