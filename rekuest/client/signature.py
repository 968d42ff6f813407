"""What a node looks like from Python: a signature and a docstring made of its ports."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Final

from rekuest.api import enums, wire

__all__ = ["describe_node", "signature_of"]

_Passing = enums.ArgumentPassing
_Kind = enums.PortKind

_PASSING: Final = {
    _Passing.POSITIONAL: inspect.Parameter.POSITIONAL_ONLY,
    _Passing.KEYWORD: inspect.Parameter.KEYWORD_ONLY,
}
_WORDS: Final = {
    _Kind.INT: "int",
    _Kind.FLOAT: "float",
    _Kind.STRING: "str",
    _Kind.BOOL: "bool",
    _Kind.NONE: "None",
    _Kind.BYTES: "bytes",
    _Kind.LIST: "list",
    _Kind.SET: "set",
    _Kind.DICT: "dict",
    _Kind.TUPLE: "tuple",
}


class _Named:
    """An annotation that prints as it is called."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


def signature_of(ports: Sequence[wire.Port], kind: enums.NodeKind) -> inspect.Signature:
    """Return how a node is called from Python, for people and editors.

    Args:
        ports: The node's ports, flat.
        kind: A generator's return is shown as an iterator.
    """
    roots = [port for port in ports if port.parent is None]
    parameters = [
        _parameter(port, ports) for port in roots if port.direction is enums.PortDirection.ARGUMENT
    ]
    # Python wants parameters without a default first; a schema that differs is still worth showing.
    parameters.sort(key=lambda it: (it.kind, it.default is not it.empty and it.kind < 2))
    returns = [_word(it, ports) for it in roots if it.direction is enums.PortDirection.RETURN]
    given = ", ".join(returns) or "None"
    given = f"tuple[{given}]" if len(returns) > 1 else given
    given = f"Iterator[{given}]" if kind is enums.NodeKind.GENERATOR else given
    return inspect.Signature(parameters, return_annotation=_Named(given))


def describe_node(title: str, description: str | None, ports: Sequence[wire.Port]) -> str:
    """Return a node's docstring: its title, its description, and its arguments with their words."""
    parts = [title]
    if description:
        parts.append(description)
    for heading, direction in (
        ("Args", enums.PortDirection.ARGUMENT),
        ("Returns", enums.PortDirection.RETURN),
    ):
        lines = [
            f"    {port.key} ({_word(port, ports)}): {port.description}"
            for port in ports
            if port.parent is None and port.direction is direction and port.description
        ]
        if lines:
            parts.append("\n".join((f"{heading}:", *lines)))
    return "\n\n".join(parts)


def _parameter(port: wire.Port, ports: Sequence[wire.Port]) -> inspect.Parameter:
    return inspect.Parameter(
        port.key,
        _PASSING.get(port.passing or _Passing.ANY, inspect.Parameter.POSITIONAL_OR_KEYWORD),
        default=port.default if port.has_default else inspect.Parameter.empty,
        annotation=_Named(_word(port, ports)),
    )


def _word(port: wire.Port, ports: Sequence[wire.Port]) -> str:
    parts = [_word(part, ports) for part in ports if part.parent == port.index]
    word = port.identifier or _WORDS.get(port.kind, str(port.kind).lower())
    if port.kind is _Kind.DICT:
        parts = ["str", *parts]
    if port.kind in (_Kind.LIST, _Kind.SET, _Kind.DICT, _Kind.TUPLE):
        word += f"[{', '.join(parts)}]"
    elif port.kind is _Kind.UNION:
        word = " | ".join(parts)
    return f"{word} | None" if port.nullable and port.kind is not _Kind.NONE else word
