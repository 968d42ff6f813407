"""Ports as a tree.  The schema carries them as a flat pre-order list; whoever works on them grows the tree first.

Called by the checker, by shrink and expand, and by `rekuest.definition`, which flattens what it drew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rekuest.api import wire
from rekuest.api.enums import ArgumentPassing, PortDirection, PortKind
from rekuest.errors import DefinitionError

__all__ = ["PortTree", "flatten", "grow", "holds_structures"]


@dataclass(frozen=True, slots=True)
class PortTree:
    """One port and all that is inside it.  Fields mean what they mean in the schema's `Port`."""

    key: str
    kind: PortKind
    nullable: bool = False
    has_default: bool = False
    default: object = None  # wire form
    identifier: str | None = None
    choices: tuple[wire.Choice, ...] = ()
    constraints: tuple[wire.Constraint, ...] = ()
    description: str | None = None
    passing: ArgumentPassing | None = None
    parts: tuple[PortTree, ...] = ()  # in the order of the list


def grow(ports: Sequence[wire.Port], direction: PortDirection) -> tuple[PortTree, ...]:
    """Turn the flat list of a node into the trees of one direction.

    Args:
        ports: Arguments and returns in pre-order, as a node or a template carries them.
        direction: Which of the two is wanted.

    Raises:
        DefinitionError: A port stands before the one it is a part of.
    """
    parts: dict[int | None, list[PortTree]] = {}
    # Backwards, so that all parts of a port are grown before the port itself.
    for port in reversed(ports):
        if port.parent is not None and port.parent >= port.index:
            raise DefinitionError(
                f"port {port.index} {port.key!r} stands before its parent {port.parent}; "
                "ports are a pre-order list"
            )
        if port.direction == direction:
            inner = tuple(reversed(parts.pop(port.index, [])))
            parts.setdefault(port.parent, []).append(_tree(port, inner))
    return tuple(reversed(parts.pop(None, [])))


def _tree(port: wire.Port, parts: tuple[PortTree, ...]) -> PortTree:
    return PortTree(
        key=port.key,
        kind=port.kind,
        nullable=port.nullable,
        has_default=port.has_default,
        default=port.default,
        identifier=port.identifier,
        choices=tuple(port.choices or ()),
        constraints=tuple(port.constraints),
        description=port.description,
        passing=port.passing,
        parts=parts,
    )


def flatten(
    arguments: Sequence[PortTree] = (), returns: Sequence[PortTree] = ()
) -> list[wire.Port]:
    """Turn trees into the flat pre-order list that the schema carries."""
    ports: list[wire.Port] = []
    for tree in arguments:
        ports.extend(_flatten(tree, PortDirection.ARGUMENT, None, len(ports)))
    for tree in returns:
        ports.extend(_flatten(tree, PortDirection.RETURN, None, len(ports)))
    return ports


def _flatten(
    tree: PortTree, direction: PortDirection, parent: int | None, index: int
) -> Iterator[wire.Port]:
    yield wire.Port(
        index=index,
        parent=parent,
        direction=direction,
        kind=tree.kind,
        key=tree.key,
        description=tree.description,
        nullable=tree.nullable,
        has_default=tree.has_default,
        default=tree.default,
        identifier=tree.identifier,
        choices=list(tree.choices) or None,
        constraints=list(tree.constraints),
        visible_when=[],
        passing=tree.passing,
    )
    following = index + 1
    for part in tree.parts:
        for port in _flatten(part, direction, index, following):
            yield port
            following = port.index + 1


def holds_structures(tree: PortTree) -> bool:
    """Whether a value of this port can carry a reference anywhere inside it."""
    return tree.kind == PortKind.STRUCTURE or any(map(holds_structures, tree.parts))
