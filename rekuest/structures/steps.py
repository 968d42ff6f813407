"""What checking, shrinking and expanding share: a step takes one value through one port.

A step returns what the value becomes, or raises `MisfitError` with every disagreement found inside it.  The way where
all is well is one comprehension; only after a misfit is the container walked again, to collect all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rekuest.errors import Failure
from rekuest.structures.tree import PortTree
from rekuest.structures.words import NOTHING, describe, expectation, quote, shorten

__all__ = [
    "FAILURES_SHOWN",
    "MisfitError",
    "Row",
    "Step",
    "as_it_is",
    "gather",
    "map_fields",
    "map_items",
    "map_places",
    "map_values",
    "misfit",
    "or_null",
    "rooted",
]

Step = Callable[[Any], Any]

FAILURES_SHOWN = (
    20  # of one container: a list of a million wrong items must not become as many failures
)

_MISSING = object()


class MisfitError(Exception):
    """A value does not fit; never leaves this package.  Paths are relative to the value: `[3].title`."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        self.failures = failures  # at least one
        super().__init__(failures)


@dataclass(frozen=True, slots=True)
class Row:
    """One named part of a mapping: an argument, a return, a field."""

    tree: PortTree
    step: Step


def misfit(expected: str, value: object) -> MisfitError:
    """Make the error of a single value."""
    return MisfitError([Failure("", expected, describe(value))])


def as_it_is(value: Any) -> Any:
    """Leave a value alone; containers of only such parts are left alone as a whole."""
    return value


def or_null(step: Step) -> Step:
    """Let null pass beside what the step takes."""
    if step is as_it_is:
        return step

    def pass_null(value: Any) -> Any:
        return None if value is None else step(value)

    return pass_null


def gather(attempts: Iterable[tuple[str, Step, object]]) -> MisfitError:
    """Take (path, step, value) triples one by one and collect what goes wrong."""
    found: list[Failure] = []
    for path, step, value in attempts:
        try:
            step(value)
        except MisfitError as error:
            found.extend(Failure(path + it.path, it.expected, it.got) for it in error.failures)
        if len(found) >= FAILURES_SHOWN:
            break
    # The first walk found a misfit and this one none: somebody changes the value meanwhile.
    changed = [Failure("", "a value that stays as it is", "one that changed while it was read")]
    return MisfitError(found[:FAILURES_SHOWN] or changed)


def map_items(step: Step) -> Step:
    """Take each item of a list through the step."""

    def items(values: Sequence[Any]) -> list[Any]:
        try:
            return [step(value) for value in values]
        except MisfitError:
            raise gather((f"[{i}]", step, value) for i, value in enumerate(values)) from None

    return items


def map_places(steps: Sequence[Step]) -> Step:
    """Take each item of a list of the same length through the step of its place."""

    def places(values: Sequence[Any]) -> list[Any]:
        try:
            return [step(value) for step, value in zip(steps, values, strict=True)]
        except MisfitError:
            pairs = enumerate(zip(steps, values, strict=True))
            raise gather((f"[{i}]", step, value) for i, (step, value) in pairs) from None

    return places


def map_values(step: Step, key_step: Step = as_it_is) -> Step:
    """Take each key and each value of a mapping through a step."""

    def entries(values: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return {key_step(key): step(value) for key, value in values.items()}
        except MisfitError:
            pass
        attempts = [(_place(key), key_step, key) for key in values]
        attempts += [(_place(key), step, value) for key, value in values.items()]
        raise gather(attempts)

    return entries


def _place(key: object) -> str:
    return f"[{quote(key) if isinstance(key, str) else describe(key)}]"


def map_fields(rows: Sequence[Row], noun: str) -> Step:
    """Take each named part of a mapping through its own step.

    A part with a default may be missing and stays missing.  An unknown key is a misfit.

    Args:
        rows: The parts.
        noun: What a part is called: `argument`, `return`, `field`.
    """
    plan = tuple((row.tree.key, row.step, row.tree.has_default) for row in rows)

    def fields(values: Mapping[str, Any]) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        try:
            for key, step, may_miss in plan:
                value = values.get(key, _MISSING)
                if value is not _MISSING:
                    taken[key] = step(value)
                elif not may_miss:
                    break
            else:
                if len(taken) == len(values):
                    return taken
        except MisfitError:
            pass
        raise _gather_fields(rows, values, noun)

    return fields


def _gather_fields(rows: Sequence[Row], values: Mapping[str, Any], noun: str) -> MisfitError:
    found: list[Failure] = []
    for row in rows:
        path = f".{row.tree.key}"
        if row.tree.key in values:
            try:
                row.step(values[row.tree.key])
            except MisfitError as error:
                found.extend(Failure(path + it.path, it.expected, it.got) for it in error.failures)
        elif not row.tree.has_default:
            found.append(Failure(path, expectation(row.tree), NOTHING))
    known = [row.tree.key for row in rows]
    shown = ", ".join(known[:FAILURES_SHOWN]) + (", …" if len(known) > FAILURES_SHOWN else "")
    takes = f"no such {noun} (known: {shown or 'none'})"
    unknown = [(key, value) for key, value in values.items() if key not in known]
    found.extend(Failure(f".{shorten(str(key))}", takes, describe(value)) for key, value in unknown)
    return MisfitError(found[:FAILURES_SHOWN])


def rooted(failures: Iterable[Failure]) -> list[Failure]:
    """Give relative paths the form that people see: `.images[3]` becomes `images[3]`."""
    return [Failure(it.path.removeprefix("."), it.expected, it.got) for it in failures]
