"""Checks wire values against ports, the same way on every side.  Source: schema/PROTOCOL.md, 8.

Called by the server at every `Call`, by expand before it trusts what arrived and by shrink before it lets go.  One row
of `CHECKS` a kind; kinds without parts have their rule in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import PortDirection, PortKind
from rekuest.errors import DefinitionError, Failure
from rekuest.structures.constraints import compile_constraints
from rekuest.structures.rules import RULES, Rule
from rekuest.structures.steps import (
    MisfitError,
    Row,
    Step,
    as_it_is,
    map_fields,
    map_items,
    map_places,
    map_values,
    misfit,
    or_null,
    rooted,
)
from rekuest.structures.tree import PortTree, grow
from rekuest.structures.words import describe, expectation

__all__ = ["CHECKS", "Checker", "CheckTable", "check_fields", "compile_check", "compile_checker"]

Compile = Callable[[PortTree, Sequence[Step]], Step]
CheckTable = Mapping[PortKind, Compile]


class Checker:
    """Checks all values of one direction of one node.  Pure; may be shared by threads."""

    def __init__(self, fields: Step) -> None:
        self._fields = fields

    def check(self, values: Mapping[str, Any]) -> list[Failure]:
        """Compare wire values with the ports.

        Args:
            values: {port key: wire value}.

        Returns:
            One failure for each value that is unknown, missing, of another kind, or against a
            constraint; at most 20 of one container. Empty: all fit.
        """
        try:
            self._fields(values)
        except MisfitError as error:
            return rooted(error.failures)
        return []


def compile_checker(ports: Sequence[wire.Port], direction: PortDirection) -> Checker:
    """Make the checker of a node's arguments or of its returns.

    Args:
        ports: The node's ports, flat.
        direction: Which of them are checked.

    Raises:
        DefinitionError: The ports are not well formed, or of a kind that this version lacks.
    """
    return Checker(check_fields(grow(ports, direction), direction))


def check_fields(
    trees: Sequence[PortTree], direction: PortDirection, table: CheckTable | None = None
) -> Step:
    """Make the check of {port key: wire value}, which returns a private copy of the containers."""
    rows = [Row(tree, compile_check(tree, CHECKS if table is None else table)) for tree in trees]
    return map_fields(rows, str(direction).lower())


def compile_check(tree: PortTree, table: CheckTable, made: dict[int, Step] | None = None) -> Step:
    """Make the check of one port: it returns the value, its containers copied, or raises `MisfitError`.

    Args:
        tree: The port.
        table: How each kind is checked.
        made: If given, takes the check of each part too, by the part's `id()`.

    Raises:
        DefinitionError: It is not well formed, or of a kind that this version lacks.
    """
    compile_kind = table.get(tree.kind)
    if compile_kind is None:
        raise DefinitionError(
            f"port {tree.key!r} is of kind {tree.kind}, which this version does not know; "
            "upgrade rekuest"
        )
    step = compile_kind(tree, [compile_check(part, table, made) for part in tree.parts])
    if tree.constraints:
        step = _both(step, compile_constraints(tree))
    step = or_null(step) if tree.nullable and tree.kind != PortKind.NONE else step
    if made is not None:
        made[id(tree)] = step
    return step


def _both(first: Step, second: Step) -> Step:
    def both(value: Any) -> Any:
        checked = first(value)
        second(checked)
        return checked

    return both


def _compile_leaf(rule: Rule) -> Compile:
    """Make the row of a kind without parts."""
    fits, wanted, is_mixed = rule.fits, rule.type, rule.is_mixed

    def compile_leaf(tree: PortTree, parts: Sequence[Step]) -> Step:
        plain, formal = expectation(tree), expectation(tree, rule.form)

        def check(value: Any) -> Any:
            if (is_mixed or type(value) is wanted) and fits(value):
                return value
            raise misfit(formal if type(value) is wanted else plain, value)

        return check

    return compile_leaf


def _compile_enum(tree: PortTree, parts: Sequence[Step]) -> Step:
    keys = frozenset(choice.key for choice in tree.choices)
    expected = expectation(tree)

    def check(value: Any) -> Any:
        if type(value) is str and value in keys:
            return value
        raise misfit(expected, value)

    return check


def _guarded(tree: PortTree, wanted: type, step: Step) -> Step:
    expected = expectation(tree)

    def check(value: Any) -> Any:
        if type(value) is not wanted:
            raise misfit(expected, value)
        return step(value)

    return check


def _compile_list(tree: PortTree, parts: Sequence[Step]) -> Step:
    return _guarded(tree, list, map_items(_only(tree, parts)))


def _only(tree: PortTree, parts: Sequence[Step]) -> Step:
    if len(parts) != 1:
        raise DefinitionError(
            f"port {tree.key!r} of kind {tree.kind} has {len(parts)} parts; it needs exactly one"
        )
    return parts[0]


def _compile_set(tree: PortTree, parts: Sequence[Step]) -> Step:
    items, expected = map_items(_only(tree, parts)), expectation(tree, "without repeats")

    def unique(value: Any) -> Any:
        checked = items(value)
        if len({_frozen(item) for item in checked}) != len(checked):
            raise misfit(expected, value)
        return checked

    return _guarded(tree, list, unique)


def _frozen(value: Any) -> object:
    """Turn JSON into something that can be an element of a set."""
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        return frozenset((key, _frozen(item)) for key, item in value.items())
    return value


def _compile_tuple(tree: PortTree, parts: Sequence[Step]) -> Step:
    expected = expectation(tree, f"of {len(parts)} items")
    places = map_places(parts)

    def check(value: Any) -> Any:
        if type(value) is not list or len(value) != len(parts):
            raise misfit(expected, value)
        return places(value)

    return check


def _check_key(key: object) -> object:
    rule = RULES[PortKind.STRING]
    if type(key) is str and rule.fits(key):
        return key
    raise MisfitError([Failure("", f"keys of kind STRING ({rule.form})", describe(key))])


def _compile_dict(tree: PortTree, parts: Sequence[Step]) -> Step:
    return _guarded(tree, dict, map_values(_only(tree, parts), _check_key))


def _compile_model(tree: PortTree, parts: Sequence[Step]) -> Step:
    rows = [Row(*pair) for pair in zip(tree.parts, parts, strict=True)]
    return _guarded(tree, dict, map_fields(rows, "field"))


def _compile_union(tree: PortTree, parts: Sequence[Step]) -> Step:
    variants = {part.key: step for part, step in zip(tree.parts, parts, strict=True)}
    expected = expectation(tree, f"variant one of: {', '.join(variants)}, and value")

    def check(value: Any) -> Any:
        if type(value) is not dict or value.keys() != {"variant", "value"}:
            raise misfit(expected, value)
        step = variants.get(value["variant"]) if type(value["variant"]) is str else None
        if step is None:
            raise misfit(expected, value["variant"])
        return {"variant": value["variant"], "value": step(value["value"])}

    return check


CHECKS: CheckTable = {
    **{kind: _compile_leaf(rule) for kind, rule in RULES.items()},
    PortKind.ENUM: _compile_enum,
    PortKind.LIST: _compile_list,
    PortKind.TUPLE: _compile_tuple,
    PortKind.SET: _compile_set,
    PortKind.DICT: _compile_dict,
    PortKind.MODEL: _compile_model,
    PortKind.UNION: _compile_union,
}

# What is not shrunk yet is let pass, so that the rest of a call is checked before anything is stored.
UNSHRUNK_CHECKS: CheckTable = {**CHECKS, PortKind.STRUCTURE: lambda tree, parts: as_it_is}
