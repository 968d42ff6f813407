"""What must run between the two halves of shrinking or expanding: the structures' own functions.

This package runs nothing itself.  `begin` returns `Begun`; its caller runs the jobs, concurrently, the sync ones in
threads, and hands their results to `finish`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rekuest.api.enums import PortKind
from rekuest.errors import DefinitionError, Failure
from rekuest.structures.steps import MisfitError
from rekuest.structures.tree import PortTree, holds_structures
from rekuest.structures.words import quote

__all__ = ["Begun", "Job", "Slot", "compile_locator", "fill", "take"]


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a structure's shrink or expand."""

    call: Callable[[], Any]  # blocks, or returns a coroutine
    is_async: bool  # whether `call` returns a coroutine; otherwise it belongs into a thread
    path: str  # port key, then indices and keys


@dataclass(frozen=True, slots=True)
class Begun:
    """A conversion that waits for its jobs."""

    jobs: Sequence[Job]  # empty: nothing to wait for
    _complete: Callable[[Sequence[object]], dict[str, Any]]

    def finish(self, results: Sequence[object] = ()) -> dict[str, Any]:
        """Complete the conversion.  Called once.

        Args:
            results: What the jobs returned, in their order; an exception for one that failed.

        Returns:
            {port key: converted value}.

        Raises:
            ShrinkError: When shrinking: jobs failed, or a result is no reference.
            ExpandError: When expanding: jobs failed.
        """
        return self._complete(results)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a wire-shaped value where a structure stands, or its reference."""

    container: Any  # list or dict, private to the conversion
    key: Any
    path: str
    tree: PortTree

    @property
    def value(self) -> Any:
        """What stands there now."""
        return self.container[self.key]


Locate = Callable[[Any, Any, str, list[Slot]], None]  # container, key, path, found slots


def compile_locator(trees: Sequence[PortTree]) -> Callable[[dict[str, Any]], list[Slot]] | None:
    """Make the search for structures in {port key: wire-shaped value}; None if there cannot be any."""
    plan = [(tree.key, _compile(tree)) for tree in trees if holds_structures(tree)]
    if not plan:
        return None

    def locate(values: dict[str, Any]) -> list[Slot]:
        found: list[Slot] = []
        for key, part in plan:
            if key in values:
                part(values, key, key, found)
        return found

    return locate


def _compile(tree: PortTree) -> Locate:
    compile_kind = _LOCATORS.get(tree.kind)
    if compile_kind is None:
        raise DefinitionError(
            f"port {tree.key!r} of kind {tree.kind} holds structures, which this version of "
            "rekuest cannot pass there; upgrade rekuest"
        )
    return compile_kind(tree)


def _structure(tree: PortTree) -> Locate:
    def locate(container: Any, key: Any, path: str, found: list[Slot]) -> None:
        if container[key] is not None:
            found.append(Slot(container, key, path, tree))

    return locate


def _list(tree: PortTree) -> Locate:
    part = _compile(tree.parts[0])

    def locate(container: Any, key: Any, path: str, found: list[Slot]) -> None:
        items = container[key]
        for index in range(len(items or ())):
            part(items, index, f"{path}[{index}]", found)

    return locate


def _dict(tree: PortTree) -> Locate:
    part = _compile(tree.parts[0])

    def locate(container: Any, key: Any, path: str, found: list[Slot]) -> None:
        entries = container[key]
        for name in entries or ():
            part(entries, name, f"{path}[{quote(name)}]", found)

    return locate


def _model(tree: PortTree) -> Locate:
    plan = [(part.key, _compile(part)) for part in tree.parts if holds_structures(part)]

    def locate(container: Any, key: Any, path: str, found: list[Slot]) -> None:
        fields = container[key] or {}
        for name, part in plan:
            if name in fields:
                part(fields, name, f"{path}.{name}", found)

    return locate


_LOCATORS: dict[PortKind, Callable[[PortTree], Locate]] = {
    PortKind.STRUCTURE: _structure,
    PortKind.LIST: _list,
    PortKind.DICT: _dict,
    PortKind.MODEL: _model,
}


def take(slots: Sequence[Slot], make: Callable[[Slot], Job]) -> list[Job]:
    """Make the job of each slot, and collect what goes wrong.

    Raises:
        MisfitError: At least one value has no structure.
    """
    jobs: list[Job] = []
    found: list[Failure] = []
    for slot in slots:
        try:
            jobs.append(make(slot))
        except MisfitError as error:
            found.extend(Failure(slot.path, it.expected, it.got) for it in error.failures)
    if found:
        raise MisfitError(found)
    return jobs


def fill(slots: Sequence[Slot], results: Sequence[object], verb: str) -> None:
    """Put the results of the jobs into their slots.

    Args:
        slots: Where; one a job.
        results: In the same order. An exception is a failure of its job.
        verb: What the jobs did: `shrinks`, `expands`.

    Raises:
        MisfitError: At least one job failed; the first exception is its cause.
    """
    failures, cause = [], None
    for slot, result in zip(slots, results, strict=True):
        problem = _problem(result)
        if problem is None:
            slot.container[slot.key] = result
            continue
        reference = f" {slot.value!r:.80}" if isinstance(slot.value, str) else ""
        wanted = f"{slot.tree.kind} {slot.tree.identifier}{reference} that {verb}"
        failures.append(Failure(slot.path, wanted, problem))
        cause = cause or (result if isinstance(result, BaseException) else None)
    if failures:
        raise MisfitError(failures) from cause


def _problem(result: object) -> str | None:
    if isinstance(result, BaseException):
        return f"{type(result).__qualname__}: {str(result) or 'no message'}"
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()  # or Python warns that nobody awaited it
        return "an awaitable that nobody awaited (is the function async without saying so?)"
    return None
