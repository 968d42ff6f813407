"""Asks `programs/perform.py`, which speaks to the server with `gql`, and waits for its answers."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.sources import ROOT

__all__ = ["Performer"]

PATIENCE = 30.0  # seconds for an answer

_PROGRAM = ROOT / "tests" / "thirdparty" / "programs" / "perform.py"

Answer = dict[str, Any]


class Performer:
    """One process with `gql`."""

    def __init__(self, python: Path, url: str, token: str) -> None:
        """Start it.

        Args:
            python: Of its environment.
            url: The server's.
            token: An access token.
        """
        arguments = [str(_PROGRAM), url, token, str(ROOT / "schema" / "operations")]
        self._process = subprocess.Popen(
            [str(python), "-I", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._answers: dict[int, Answer] = {}
        self._changed = threading.Condition()
        self._asked = 0
        self._is_ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ask(self, operation: str, variables: Mapping[str, Any], *, count: int = 1) -> int:
        """Start an operation of `schema/operations/`; return the number of the question.

        Args:
            operation: Its name.
            variables: {name: JSON value}.
            count: Of a subscription: after how many events it is left.
        """
        self._asked += 1
        line = {"id": self._asked, "operation": operation, "variables": dict(variables)}
        assert self._process.stdin is not None  # it is a pipe
        self._process.stdin.write(json.dumps({**line, "count": count}) + "\n")
        self._process.stdin.flush()
        return self._asked

    def answer(self, question: int, timeout: float = PATIENCE) -> Answer | None:
        """Wait for the answer to a question; `None` if it does not come in time."""
        with self._changed:
            self._changed.wait_for(lambda: question in self._answers or self._is_ended, timeout)
        return self._answers.get(question)

    def perform(self, operation: str, variables: Mapping[str, Any], *, count: int = 1) -> Answer:
        """Perform an operation and return its answer."""
        answer = self.answer(self.ask(operation, variables, count=count))
        assert answer is not None, f"gql has no answer to {operation}"
        return answer

    def data(self, operation: str, variables: Mapping[str, Any]) -> Any:
        """Perform an operation that has one root field, without errors, and return its value."""
        answer = self.perform(operation, variables)
        assert not answer["errors"], answer["errors"]
        (value,) = answer["data"].values()
        return value

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._reader.join(PATIENCE)
        assert self._process.stdin is not None  # it is a pipe
        self._process.stdin.close()

    def _read(self) -> None:
        assert self._process.stdout is not None  # it is a pipe
        with self._process.stdout as stdout:
            for line in stdout:
                answer = json.loads(line)
                with self._changed:
                    self._answers[answer.pop("id")] = answer
                    self._changed.notify_all()
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()
