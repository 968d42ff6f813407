"""Turns wire values into Python values: the way in.  Source: schema/PROTOCOL.md, 8.

Called by agents for arguments and by callers for returns.  Everything is checked before anything is converted;
structures are expanded by the jobs of `begin`, then `finish` builds what holds them.  One row of `_EXPANDS` a kind; a
kind without a row keeps its wire form.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import PortDirection, PortKind
from rekuest.errors import ExpandError, Failure
from rekuest.structures.check import check_fields
from rekuest.structures.hints import enum_of, model_of, part_hints, strip_optional
from rekuest.structures.jobs import Begun, Job, Slot, compile_locator, fill, take
from rekuest.structures.registry import Registry, default_registry
from rekuest.structures.steps import (
    MisfitError,
    Row,
    Step,
    as_it_is,
    map_fields,
    map_items,
    map_values,
    misfit,
    or_null,
    rooted,
)
from rekuest.structures.tree import PortTree, grow
from rekuest.structures.words import expectation

__all__ = ["Expander", "compile_expander"]

Compile = Callable[[PortTree, Any, Sequence[Step]], Step]


class Expander:
    """Expands all values of one direction of one node.  Pure; may be shared by threads."""

    def __init__(
        self, trees: Sequence[PortTree], check: Step, fields: Step, registry: Registry, node: str
    ) -> None:
        self._defaults = [(tree.key, tree.default) for tree in trees if tree.has_default]
        self._check = check  # returns a copy whose containers are ours
        self._fields = fields  # wire-shaped values, structures expanded -> Python values
        self._locate = compile_locator(trees)  # None: no port holds structures
        self._registry = registry
        self._node = node

    def begin(self, values: Mapping[str, Any]) -> Begun:
        """Check everything and find what must be expanded by a job.

        Args:
            values: {port key: wire value}; left as they are.

        Returns:
            The jobs that expand structures, and what completes them into {port key: Python value}, one entry a port,
            defaults filled in.

        Raises:
            ExpandError: At least one value does not fit; `failures` lists each with its path.
        """
        try:
            shaped = self._check(self._with_defaults(values))
            if self._locate is None:
                return Begun((), lambda results: self._convert(shaped))
            slots = self._locate(shaped)
            jobs = take(slots, self._job)
        except MisfitError as error:
            raise self._error(error) from None
        return Begun(jobs, partial(self._complete, shaped, slots))

    def _with_defaults(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        missing = {key: value for key, value in self._defaults if key not in values}
        return {**values, **copy.deepcopy(missing)} if missing else values

    def _job(self, slot: Slot) -> Job:
        identifier = slot.tree.identifier or ""
        structure = self._registry.by_identifier(identifier)
        if structure is None:
            known = ", ".join(map(repr, self._registry.identifiers())) or "none"
            wanted = f"a class for {identifier!r} (known: {known}); use @structure on it"
            raise misfit(wanted, slot.value)
        return Job(partial(structure.expand, slot.value), structure.expand_is_async, slot.path)

    def _complete(
        self, shaped: dict[str, Any], slots: Sequence[Slot], results: Sequence[object]
    ) -> dict[str, Any]:
        try:
            fill(slots, results, "expands")
        except MisfitError as error:
            raise self._error(error) from error.__cause__
        return self._convert(shaped)

    def _convert(self, shaped: dict[str, Any]) -> dict[str, Any]:
        try:
            converted: dict[str, Any] = self._fields(shaped)
        except MisfitError as error:
            raise self._error(error) from error.__cause__
        return converted

    def _error(self, error: MisfitError) -> ExpandError:
        return ExpandError(self._node, rooted(error.failures))


def compile_expander(
    ports: Sequence[wire.Port],
    direction: PortDirection,
    types: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
    *,
    node: str = "",
) -> Expander:
    """Make the expander of a node's arguments or returns.

    Args:
        ports: The node's ports, flat.
        direction: Which of them are expanded.
        types: {port key: type hint} where the function is known. None: a MODEL becomes a dict, an ENUM the
            text of its key.
        registry: Where classes of structures are found. None: the default one.
        node: The node's name, for errors.

    Raises:
        DefinitionError: The ports are not well formed, or of a kind that this version lacks.
    """
    trees, hints = grow(ports, direction), types or {}
    rows = [Row(tree, _compile(tree, hints.get(tree.key))) for tree in trees]
    return Expander(
        trees,
        check_fields(trees, direction),
        map_fields(rows, str(direction).lower()),
        default_registry() if registry is None else registry,
        node,
    )


def _compile(tree: PortTree, hint: Any) -> Step:
    bare, _ = strip_optional(hint)
    pairs = zip(tree.parts, part_hints(bare, tree), strict=True)
    parts = [_compile(part, part_hint) for part, part_hint in pairs]
    compile_kind = _EXPANDS.get(tree.kind)
    step = as_it_is if compile_kind is None else compile_kind(tree, bare, parts)
    return or_null(step) if tree.nullable else step


def _integer(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    expected = expectation(tree)

    def expand(value: Any) -> int:
        try:
            return int(value)
        except ValueError:  # this process reads fewer digits than may travel
            raise misfit(expected, value) from None

    return expand


def _float(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    return float


def _enum(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    cls = enum_of(hint)
    return as_it_is if cls is None else lambda key: cls[key]


def _list(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    return as_it_is if parts[0] is as_it_is else map_items(parts[0])


def _dict(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    return as_it_is if parts[0] is as_it_is else map_values(parts[0])


def _model(tree: PortTree, hint: Any, parts: Sequence[Step]) -> Step:
    cls = model_of(hint)
    rows = [Row(*pair) for pair in zip(tree.parts, parts, strict=True)]
    if cls is None:
        return as_it_is if all(step is as_it_is for step in parts) else map_fields(rows, "field")
    fields, expected = map_fields(rows, "field"), expectation(tree)

    def expand(value: Any) -> Any:
        given = fields(value)
        try:
            return cls(**given)
        except Exception as error:  # a constructor is the author's code
            reason = f"fields that its class refuses with {type(error).__qualname__}: {error}"
            raise MisfitError([Failure("", expected, reason)]) from error

    return expand


_EXPANDS: Mapping[PortKind, Compile] = {
    PortKind.INT: _integer,
    PortKind.FLOAT: _float,
    PortKind.ENUM: _enum,
    PortKind.LIST: _list,
    PortKind.DICT: _dict,
    PortKind.MODEL: _model,
}
