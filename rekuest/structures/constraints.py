"""The rules that a port carries besides its kind, as checks of wire values.  One row a `ConstraintKind`.

Called by the checker.  Bounds and patterns come from apps that nobody trusts: all of them are compiled here, once, with
an error that names what is wrong, and none can make a check slow.
"""

from __future__ import annotations

import binascii
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import ConstraintKind, PortKind
from rekuest.errors import DefinitionError
from rekuest.structures.pattern import compile_pattern
from rekuest.structures.rules import RULES
from rekuest.structures.steps import Step, misfit
from rekuest.structures.tree import PortTree

__all__ = ["compile_constraints"]

Test = Callable[[Any], bool]


class _Unfit(ValueError):
    """A constraint that cannot stand on its port; becomes a `DefinitionError` naming both."""


def compile_constraints(tree: PortTree) -> Step:
    """Make the check of all constraints of one port, for values whose kind is already right.

    Raises:
        DefinitionError: A constraint is unknown, has no use on this kind, or has a wrong bound.
    """
    tests = [_compile(tree, constraint) for constraint in tree.constraints]

    def check(value: Any) -> Any:
        for test, expected in tests:
            try:
                holds = test(value)
            except TypeError:  # an aware instant is neither before nor after a naive one
                holds = False
            if not holds:
                raise misfit(expected, value)
        return value

    return check


def _compile(tree: PortTree, constraint: wire.Constraint) -> tuple[Test, str]:
    words, compile_kind = _CONSTRAINTS.get(constraint.kind, ("", _unknown))
    try:
        test = compile_kind(tree, constraint.value)
    except _Unfit as error:
        raise DefinitionError(
            f"constraint {constraint.kind} of port {tree.key!r} cannot stand: {error}"
        ) from error
    return test, words.format(constraint.value)


def _unknown(tree: PortTree, bound: object) -> Test:
    raise _Unfit("this version does not know it; upgrade rekuest")


# How the wire form of a kind is read so that two values of it compare.
_ORDERED: Mapping[PortKind, Callable[[Any], Any]] = {
    PortKind.INT: int,
    PortKind.FLOAT: lambda value: value,
    PortKind.STRING: lambda value: value,
    PortKind.DATETIME: datetime.fromisoformat,
    PortKind.DATE: date.fromisoformat,
    PortKind.TIME: time.fromisoformat,
    PortKind.DURATION: lambda value: value,
    PortKind.DECIMAL: Decimal,
}
_EXACT: Mapping[PortKind, Callable[[Any], Fraction]] = {
    PortKind.INT: lambda value: Fraction(int(value)),
    # As written: 0.3 is a multiple of 0.1 to whoever declared it, though their binary forms are not.
    PortKind.FLOAT: lambda value: Fraction(repr(value)),
    PortKind.DURATION: lambda value: Fraction(repr(value)),
    PortKind.DECIMAL: Fraction,
}
_SIZED: Mapping[PortKind, Callable[[Any], int]] = {
    PortKind.STRING: len,
    PortKind.BYTES: lambda value: len(binascii.a2b_base64(value)),
    PortKind.LIST: len,
    PortKind.SET: len,
    PortKind.DICT: len,
}


def _read_bound(tree: PortTree, bound: object) -> Any:
    rule = RULES[tree.kind]
    if not ((rule.is_mixed or type(bound) is rule.type) and rule.fits(bound)):
        raise _Unfit(f"its bound {bound!r} is not of kind {tree.kind}")
    return bound


def _compare(holds: Callable[[Any, Any], bool]) -> Callable[[PortTree, object], Test]:
    def compile_bound(tree: PortTree, bound: object) -> Test:
        read = _ORDERED.get(tree.kind)
        if read is None:
            raise _Unfit(f"values of kind {tree.kind} have no order")
        limit = read(_read_bound(tree, bound))
        return lambda value: holds(read(value), limit)

    return compile_bound


def _multiple(tree: PortTree, bound: object) -> Test:
    read = _EXACT.get(tree.kind)
    if read is None:
        raise _Unfit(f"values of kind {tree.kind} have no multiples")
    unit = read(_read_bound(tree, bound))
    if unit == 0:
        raise _Unfit("its bound is 0")
    return lambda value: (read(value) / unit).denominator == 1


def _measure(holds: Callable[[int, int], bool]) -> Callable[[PortTree, object], Test]:
    def compile_length(tree: PortTree, bound: object) -> Test:
        size = _SIZED.get(tree.kind)
        if size is None:
            raise _Unfit(f"values of kind {tree.kind} have no length")
        if not isinstance(bound, int) or isinstance(bound, bool) or bound < 0:
            raise _Unfit(f"its bound {bound!r} is not a whole number from 0")
        limit = bound
        return lambda value: holds(size(value), limit)

    return compile_length


def _match(tree: PortTree, bound: object) -> Test:
    if tree.kind != PortKind.STRING or not isinstance(bound, str):
        raise _Unfit("it needs a text, and a port of kind STRING")
    try:
        return compile_pattern(bound)
    except ValueError as error:
        raise _Unfit(str(error)) from error


def _zone(tree: PortTree, bound: object) -> Test:
    if tree.kind != PortKind.DATETIME:
        raise _Unfit("it needs a port of kind DATETIME")
    if bound is None:
        return lambda value: datetime.fromisoformat(value).tzinfo is None
    if bound == "...":
        return lambda value: datetime.fromisoformat(value).tzinfo is not None
    try:
        zone = zoneinfo.ZoneInfo(str(bound))
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise _Unfit(f"{bound!r} is no time zone") from error

    def is_inside(value: str) -> bool:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            return False
        # Two offsets are right for an hour that a clock shows twice.
        local = instant.replace(tzinfo=zone)
        return instant.utcoffset() in (
            local.replace(fold=0).utcoffset(),
            local.replace(fold=1).utcoffset(),
        )

    return is_inside


# kind: (what the value is expected to be, how the bound is compiled)
_CONSTRAINTS: Mapping[ConstraintKind, tuple[str, Callable[[PortTree, object], Test]]] = {
    ConstraintKind.GT: ("greater than {}", _compare(lambda value, limit: bool(value > limit))),
    ConstraintKind.GE: ("at least {}", _compare(lambda value, limit: bool(value >= limit))),
    ConstraintKind.LT: ("less than {}", _compare(lambda value, limit: bool(value < limit))),
    ConstraintKind.LE: ("at most {}", _compare(lambda value, limit: bool(value <= limit))),
    ConstraintKind.MULTIPLE_OF: ("a multiple of {}", _multiple),
    ConstraintKind.MIN_LENGTH: ("at least {} long", _measure(lambda size, limit: size >= limit)),
    ConstraintKind.MAX_LENGTH: ("at most {} long", _measure(lambda size, limit: size <= limit)),
    ConstraintKind.PATTERN: ("a text that matches {!r}", _match),
    ConstraintKind.TIMEZONE: ("an instant of time zone {}", _zone),
}
