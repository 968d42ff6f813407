"""How ports and values are named in failures: the schema's words, short, and safe for any value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import Enum

from rekuest.api.enums import PortKind
from rekuest.structures.tree import PortTree

__all__ = ["NOTHING", "describe", "expectation", "quote", "shorten"]

NOTHING = "nothing"  # what is found where a value is missing

_TEXT_SHOWN = 40  # characters of a text; enough to recognise it, too few to fill a log
_CHOICES_SHOWN = 12
_DIGITS_SHOWN = 20


def shorten(text: str) -> str:
    """Return the beginning of a text, enough to recognise it."""
    plain = str.__str__(text)  # of an enum that is text, the text
    return plain if len(plain) <= _TEXT_SHOWN else plain[:_TEXT_SHOWN] + "…"


def quote(text: str) -> str:
    """Return text in quotes, escaped and shortened."""
    return repr(shorten(text))


def expectation(tree: PortTree, form: str = "") -> str:
    """Say what a port takes: `INT`, `one of: RED, GREEN`, `MODEL Point or null`.

    Args:
        tree: The port.
        form: What its kind asks for in particular; empty if the kind says it all.
    """
    if tree.kind == PortKind.ENUM:
        keys = [choice.key for choice in tree.choices]
        more = ", …" if len(keys) > _CHOICES_SHOWN else ""
        text = f"one of: {', '.join(keys[:_CHOICES_SHOWN])}{more}"
    elif tree.identifier is not None:
        text = f"{tree.kind} {tree.identifier}"
    else:
        text = str(tree.kind)
    if form:
        text = f"{text} ({form})"
    return f"{text} or null" if tree.nullable else text


def describe(value: object) -> str:
    """Say what a value is, in the schema's words: `STRING '5'`, `LIST of 3`, `null`."""
    if isinstance(value, Enum):
        return f"ENUM {type(value).__name__}.{value.name}"
    for kind, words in _WORDS.items():
        if isinstance(value, kind):
            return words(value)
    return f"an object of {type(value).__module__}.{type(value).__qualname__}"


def _integer(value: int) -> str:
    # str() of an int beyond 4,300 digits raises; nobody wants to read even a hundred of them.
    if abs(value) < 10**_DIGITS_SHOWN:
        return f"INT {int(value)}"
    return f"INT of about {int(value.bit_length() * math.log10(2)) + 1} digits"


_WORDS: Mapping[type, Callable[..., str]] = {
    type(None): lambda value: "null",
    bool: lambda value: f"BOOL {str(value).lower()}",
    int: _integer,
    float: lambda value: f"FLOAT {float(value)!r}",
    str: lambda value: f"STRING {quote(str.__str__(value))}",
    bytes: lambda value: f"BYTES of {len(value)}",
    list: lambda value: f"LIST of {len(value)}",
    tuple: lambda value: f"TUPLE of {len(value)}",
    set: lambda value: f"SET of {len(value)}",
    frozenset: lambda value: f"SET of {len(value)}",
    dict: lambda value: f"DICT of {len(value)}",
}
