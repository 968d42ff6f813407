"""Turns Python values into their wire form: the way out.  Source: schema/PROTOCOL.md, 8.

Called by callers for arguments and by agents for returns.  `compile_shrinker` runs once a node; the closures it makes
run at each call.  One row of `_SHRINKS` a kind; a kind without a row is given in its wire form.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import PortDirection, PortKind
from rekuest.errors import Failure, ShrinkError
from rekuest.structures.check import UNSHRUNK_CHECKS, check_fields, compile_check
from rekuest.structures.hints import enum_of, init_fields, model_of, part_hints, strip_optional
from rekuest.structures.jobs import Begun, Job, Slot, compile_locator, fill, take
from rekuest.structures.registry import Registry, default_registry
from rekuest.structures.rules import SAFE_INTEGER, is_text
from rekuest.structures.steps import (
    MisfitError,
    Row,
    Step,
    as_it_is,
    gather,
    map_fields,
    map_items,
    map_values,
    misfit,
    or_null,
    rooted,
)
from rekuest.structures.tree import PortTree, grow
from rekuest.structures.words import describe, expectation

__all__ = ["Shrinker", "compile_shrinker", "shrink_default"]

Compile = Callable[[PortTree, Any, Sequence[Step]], Step]


class Shrinker:
    """Shrinks all values of one direction of one node.  Pure; may be shared by threads."""

    def __init__(
        self, trees: Sequence[PortTree], fields: Step, check: Step, registry: Registry, node: str
    ) -> None:
        self._fields = fields  # Python values -> wire-shaped ones, structures still in place
        self._check = check  # kinds and constraints, of everything but structures
        self._locate = compile_locator(trees)  # None: no port holds structures
        self._registry = registry
        self._node = node

    def begin(self, values: Mapping[str, Any]) -> Begun:
        """Convert and check everything that needs no job.

        Args:
            values: {port key: Python value}; a port with a default may be missing.

        Returns:
            The jobs that shrink structures, and what completes them into {port key: wire value}.

        Raises:
            ShrinkError: At least one value does not fit; `failures` lists each with its path.
        """
        try:
            shaped = self._check(self._fields(values))
            if self._locate is None:
                return Begun((), lambda results: shaped)
            slots = self._locate(shaped)
            jobs = take(slots, self._job)
        except MisfitError as error:
            raise self._error(error) from None
        return Begun(jobs, partial(self._complete, shaped, slots))

    def _job(self, slot: Slot) -> Job:
        structure = self._registry.match(type(slot.value), slot.tree.identifier or "")
        if structure is None:
            raise misfit(expectation(slot.tree), slot.value)
        return Job(partial(structure.shrink, slot.value), structure.shrink_is_async, slot.path)

    def _complete(
        self, shaped: dict[str, Any], slots: Sequence[Slot], results: Sequence[object]
    ) -> dict[str, Any]:
        try:
            fill(slots, results, "shrinks")
            wrong = [slot for slot in slots if not _is_reference(slot.value)]
            if wrong:
                raise MisfitError([_no_reference(slot) for slot in wrong])
        except MisfitError as error:
            raise self._error(error) from error.__cause__
        return shaped

    def _error(self, error: MisfitError) -> ShrinkError:
        return ShrinkError(self._node, rooted(error.failures))


def _is_reference(value: object) -> bool:
    return type(value) is str and is_text(value)


def _no_reference(slot: Slot) -> Failure:
    wanted = f"a STRING that {slot.tree.identifier} shrinks to"
    return Failure(slot.path, wanted, describe(slot.value))


def compile_shrinker(
    ports: Sequence[wire.Port],
    direction: PortDirection,
    types: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
    *,
    node: str = "",
) -> Shrinker:
    """Make the shrinker of a node's arguments or returns.

    Args:
        ports: The node's ports, flat.
        direction: Which of them are shrunk.
        types: {port key: type hint} where the function is known; values must then be of these types. None: a
            MODEL takes any dataclass or mapping with its fields, an ENUM any member or text with one of its keys.
        registry: Where classes of structures are found. None: the default one.
        node: The node's name, for errors.

    Raises:
        DefinitionError: The ports are not well formed, or of a kind that this version lacks.
    """
    trees, hints = grow(ports, direction), types or {}
    rows = [Row(tree, _compile(tree, hints.get(tree.key))) for tree in trees]
    return Shrinker(
        trees,
        map_fields(rows, str(direction).lower()),
        check_fields(trees, direction, UNSHRUNK_CHECKS),
        default_registry() if registry is None else registry,
        node,
    )


def shrink_default(tree: PortTree, hint: Any, value: Any) -> Any:
    """Turn the default of a parameter or field into its wire form.

    Structures are not shrunk: that needs jobs, and a default is needed at once.

    Raises:
        MisfitError: It does not fit its own port.
    """
    check = compile_check(tree, UNSHRUNK_CHECKS)
    return check(_compile(tree, hint)(value))


def _compile(tree: PortTree, hint: Any) -> Step:
    bare, _ = strip_optional(hint)
    pairs = zip(tree.parts, part_hints(bare, tree), strict=True)
    parts = [_compile(part, part_hint) for part, part_hint in pairs]
    compile_kind = _SHRINKS.get(tree.kind)
    step = as_it_is if compile_kind is None else compile_kind(tree, bare, parts)
    return or_null(step) if tree.nullable else step


def _integer(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    expected, too_long = expectation(tree), expectation(tree, "of at most 4,300 digits")

    def shrink(value: Any) -> int | str:
        if not isinstance(value, int) or isinstance(value, bool):
            raise misfit(expected, value)
        if -SAFE_INTEGER <= value <= SAFE_INTEGER:
            return int(value)
        try:
            return int.__repr__(value)
        except ValueError:  # CPython's bound on the digits of a text
            raise misfit(too_long, value) from None

    return shrink


def _float(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    expected = expectation(tree)

    def shrink(value: Any) -> float:
        if not isinstance(value, float | int) or isinstance(value, bool):
            raise misfit(expected, value)
        try:
            return float(value)
        except OverflowError:
            raise misfit(expected, value) from None

    return shrink


def _text(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    expected = expectation(tree)

    def shrink(value: Any) -> str:
        if type(value) is str:
            return value
        if not isinstance(value, str):
            raise misfit(expected, value)
        return str.__str__(value)  # its text, whatever the subclass prints

    return shrink


def _enum(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    cls, expected = enum_of(hint), expectation(tree)

    def shrink_member(value: Any) -> str:
        if cls is not None and isinstance(value, cls):
            return value.name
        raise misfit(expected, value)

    def shrink_key(value: Any) -> Any:
        return value.name if isinstance(value, Enum) else value

    return shrink_key if cls is None else shrink_member


def _list(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    items, expected = map_items(parts[0]), expectation(tree)

    def shrink(value: Any) -> list[Any]:
        if isinstance(value, list | tuple):
            return list(items(value))
        raise misfit(expected, value)

    return shrink


def _dict(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    entries, expected = map_values(parts[0], _key), expectation(tree)

    def shrink(value: Any) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return dict(entries(value))
        raise misfit(expected, value)

    return shrink


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    raise MisfitError([Failure("", "keys of kind STRING", describe(key))])


def _model(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    rows = [Row(*pair) for pair in zip(tree.parts, parts, strict=True)]
    cls = model_of(hint)
    return _any_model(tree, rows) if cls is None else _own_model(tree, rows, cls)


def _own_model(tree: PortTree, rows: Sequence[Row], cls: type) -> Step:
    expected = expectation(tree)
    plan = tuple((row.tree.key, row.step) for row in rows)

    def shrink(value: Any) -> dict[str, Any]:
        if not isinstance(value, cls):
            raise misfit(expected, value)
        try:
            return {key: step(getattr(value, key)) for key, step in plan}
        except MisfitError:
            raise gather((f".{key}", step, getattr(value, key)) for key, step in plan) from None

    return shrink


def _any_model(tree: PortTree, rows: Sequence[Row]) -> Step:
    fields, expected = map_fields(rows, "field"), expectation(tree)

    def shrink(value: Any) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return dict(fields(value))
        if isinstance(value, type) or not dataclasses.is_dataclass(value):
            raise misfit(expected, value)
        given = {it.name: getattr(value, it.name) for it in init_fields(type(value))}
        return dict(fields(given))

    return shrink


_SHRINKS: Mapping[PortKind, Compile] = {
    PortKind.INT: _integer,
    PortKind.FLOAT: _float,
    PortKind.STRING: _text,
    PortKind.ENUM: _enum,
    PortKind.LIST: _list,
    PortKind.DICT: _dict,
    PortKind.MODEL: _model,
}
