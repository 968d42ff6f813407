"""What the demo's caller tells the one who shows it: a JSON object a line, on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import IO

__all__ = ["Ended", "Line", "Report", "Started", "read", "tell"]


@dataclass(frozen=True, slots=True)
class Started:
    """A step has begun."""

    step: str  # its title
    code: str  # the line of Python that it shows


@dataclass(frozen=True, slots=True)
class Line:
    """Something to show within the step."""

    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The step is over."""

    problem: str | None  # what was not as expected; None: all was


Report = Started | Line | Ended
_REPORTS: Mapping[str, type[Report]] = {cls.__name__: cls for cls in (Started, Line, Ended)}


def tell(report: Report) -> None:
    """Write a report to stdout, at once."""
    sys.stdout.write(json.dumps({"report": type(report).__name__, **asdict(report)}) + "\n")
    sys.stdout.flush()


def read(stream: IO[str]) -> Iterator[Report]:
    """Yield the reports of a process, until its stdout ends."""
    for line in stream:
        fields = json.loads(line)
        yield _REPORTS[fields.pop("report")](**fields)
