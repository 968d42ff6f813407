"""The wire rule of each kind that has no parts.  Source: `PortKind` in schema/types/port.graphql; PROTOCOL.md, 8.

One row a kind.  A rule is strict: it takes the one JSON form that the schema names and nothing that resembles it.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from rekuest.api.enums import PortKind

__all__ = ["RULES", "SAFE_INTEGER", "Rule", "is_json", "is_text"]

SAFE_INTEGER = 2**53 - 1  # the largest whole number that every JSON reader keeps exact

_INTEGER_DIGITS = (
    4300  # CPython's own bound for int(text), so that reading stays linear in practice
)
_JSON_DEPTH = 64  # as the socket's default, schema/types/scalars.graphql

_INTEGER = re.compile(rf"-?[1-9][0-9]{{15,{_INTEGER_DIGITS - 1}}}")
_UNSAFE_TEXT = re.compile("[\0\ud800-\udfff]")
_CLOCK = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE = re.compile(_DAY)
_TIME = re.compile(_CLOCK)
_DATETIME = re.compile(f"{_DAY}T{_CLOCK}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# A long exponent would let ten bytes stand for a number that fills the memory.
_DECIMAL = re.compile(r"-?[0-9]{1,4300}([.][0-9]{1,4300})?([eE][+-]?[0-9]{1,4})?")


def is_text(value: str) -> bool:
    """Whether text is free of NUL and of lone surrogates."""
    if value.isascii():
        return "\0" not in value
    return _UNSAFE_TEXT.search(value) is None


def is_json(value: object, depth: int = _JSON_DEPTH) -> bool:
    """Whether a value is JSON within the limits of the scalar `JSON`."""
    if isinstance(value, list | dict):
        if depth == 0:
            return False
        inner = value.values() if isinstance(value, dict) else value
        keys = all(type(key) is str and is_text(key) for key in value) or isinstance(value, list)
        return keys and all(is_json(item, depth - 1) for item in inner)
    if type(value) is str:
        return is_text(value)
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (bool, int)


def _is_integer(value: Any) -> bool:
    if type(value) is int:
        return -SAFE_INTEGER <= value <= SAFE_INTEGER
    if type(value) is not str or _INTEGER.fullmatch(value) is None:
        return False
    digits = value.removeprefix("-")
    return len(digits) > 16 or int(digits) > SAFE_INTEGER


def _is_number(value: Any) -> bool:
    if type(value) is float:
        return math.isfinite(value)
    if type(value) is not int:
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _is_duration(value: Any) -> bool:
    try:
        timedelta(seconds=value if _is_number(value) else math.inf)
    except OverflowError:
        return False
    return True


def _is_base64(value: Any) -> bool:
    try:
        # Once there and back: padding bits that are not zero would give two texts for the same bytes.
        content = binascii.a2b_base64(value, strict_mode=True)
    except (ValueError, UnicodeError):
        return False
    return bool(base64.b64encode(content).decode() == value)


def _parses(pattern: re.Pattern[str], parse: Callable[[str], object]) -> Callable[[Any], bool]:
    # The pattern first: the parsers also take forms that other languages do not read.
    def fits(value: Any) -> bool:
        if pattern.fullmatch(value) is None:
            return False
        try:
            parse(value)
        except (ValueError, OverflowError):
            return False
        return True

    return fits


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: pattern.fullmatch(value) is not None


def _is_anything(value: object) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """What the wire form of one kind is."""

    type: type  # of JSON; a bool is no int here
    fits: Callable[[Any], bool]  # asked for values of `type`, unless `is_mixed`
    form: str = ""  # said to whoever sends the right type in the wrong form
    is_mixed: bool = False  # several types of JSON: `fits` looks at the type itself


_TEXT = Rule(str, is_text, "without NUL and lone surrogates")
_INTEGER_FORM = f"beyond 2^53-1 a canonical decimal string of at most {_INTEGER_DIGITS} digits"

RULES: Mapping[PortKind, Rule] = {
    PortKind.INT: Rule(int, _is_integer, _INTEGER_FORM, is_mixed=True),
    PortKind.FLOAT: Rule(float, _is_number, "finite", is_mixed=True),
    PortKind.STRING: _TEXT,
    PortKind.BOOL: Rule(bool, _is_anything),
    PortKind.NONE: Rule(type(None), _is_anything),
    PortKind.BYTES: Rule(str, _is_base64, "padded base64"),
    PortKind.DATETIME: Rule(
        str, _parses(_DATETIME, datetime.fromisoformat), "ISO 8601, as 2026-03-01T12:00:00+00:00"
    ),
    PortKind.DATE: Rule(str, _parses(_DATE, date.fromisoformat), "ISO 8601, as 2026-03-01"),
    PortKind.TIME: Rule(str, _parses(_TIME, time.fromisoformat), "ISO 8601, as 12:00:00"),
    PortKind.DURATION: Rule(float, _is_duration, "seconds", is_mixed=True),
    PortKind.UUID: Rule(str, _matches(_UUID), "36 characters, lower case"),
    PortKind.DECIMAL: Rule(str, _matches(_DECIMAL), "digits, as 12.50"),
    PortKind.STRUCTURE: _TEXT,
    PortKind.MEMORY_STRUCTURE: _TEXT,
    PortKind.JSON: Rule(object, is_json, is_mixed=True),
}
