"""What an author wrote: docstrings in Google, numpy, reST and epydoc form, read by docstring-parser."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Documentation", "read_docstring", "read_model_docstring"]

_TITLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Documentation:
    """The words of one function or class."""

    title: str | None = None  # the first paragraph, on one line; None: nothing was written
    description: str | None = None  # what follows it, sections left out
    parameters: Mapping[str, str] = field(default_factory=dict)
    returns: Sequence[str] = ()  # of returns or yields, in order


def read_docstring(text: str | None) -> Documentation:
    """Take a docstring apart.  One that is of no known form is a title and a description."""
    if not text or not text.strip():
        return Documentation()
    # Imported here: only who registers functions pays for it.
    import docstring_parser

    clean = inspect.cleandoc(text)
    try:
        parsed = docstring_parser.parse(clean)
    except docstring_parser.ParseError:
        first, _, rest = clean.partition("\n\n")
        return Documentation(_title(first), rest.strip() or None)
    first, rest = parsed.short_description or "", parsed.long_description or ""
    if rest and not parsed.blank_after_short_description:
        more, _, rest = rest.partition("\n\n")
        first = f"{first} {more}"
    parameters = {
        name.strip().lstrip("*"): " ".join(parameter.description.split())
        for parameter in parsed.params
        if parameter.description
        for name in parameter.arg_name.split(",")
    }
    returns = [" ".join(it.description.split()) for it in parsed.many_returns if it.description]
    return Documentation(_title(first), rest.strip() or None, parameters, returns)


def _title(text: str) -> str | None:
    line = " ".join(text.split())
    return (line if len(line) <= _TITLE_LENGTH else line[: _TITLE_LENGTH - 1] + "…") or None


def read_model_docstring(cls: type) -> Documentation:
    """Take the docstring of a dataclass apart; its fields stand under `Attributes` or `Args`."""
    text = cls.__dict__.get("__doc__")
    # A dataclass without a docstring is given its signature as one.
    is_written = isinstance(text, str) and not text.startswith(f"{cls.__name__}(")
    return read_docstring(text) if is_written else Documentation()
