"""Short ways to write ports in tests."""

from collections.abc import Sequence
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import ConstraintKind, PortDirection, PortKind
from rekuest.structures.tree import PortTree, flatten

ARGUMENT = PortDirection.ARGUMENT
RETURN = PortDirection.RETURN


def leaf(kind: str, key: str = "x", **fields: Any) -> PortTree:
    """Make a port without parts, or with `parts=`."""
    return PortTree(key, PortKind(kind), **fields)


def list_of(item: PortTree, key: str = "x", **fields: Any) -> PortTree:
    """Make a LIST port."""
    return leaf("LIST", key, parts=(item,), **fields)


def dict_of(value: PortTree, key: str = "x", **fields: Any) -> PortTree:
    """Make a DICT port."""
    return leaf("DICT", key, parts=(value,), **fields)


def model(*fields: PortTree, key: str = "x", **more: Any) -> PortTree:
    """Make a MODEL port of a class Point."""
    return leaf("MODEL", key, parts=fields, identifier="Point", **more)


def enum(*keys: str, key: str = "x", **fields: Any) -> PortTree:
    """Make an ENUM port of a class Colour."""
    choices = tuple(wire.Choice(key=it) for it in keys)
    return leaf("ENUM", key, choices=choices, identifier="Colour", **fields)


def image(key: str = "x", **fields: Any) -> PortTree:
    """Make a STRUCTURE port."""
    return leaf("STRUCTURE", key, identifier="@lab/image", **fields)


def constrained(kind: str, **bounds: Any) -> PortTree:
    """Make a port with constraints, named as in the schema."""
    constraints = [wire.Constraint(kind=ConstraintKind(it), value=v) for it, v in bounds.items()]
    parts = (leaf("INT", "item"),) if kind == "LIST" else ()
    return leaf(kind, constraints=tuple(constraints), parts=parts)


def arguments(*trees: PortTree) -> list[wire.Port]:
    """Flatten argument ports."""
    return flatten(trees)


def returns(*trees: PortTree) -> list[wire.Port]:
    """Flatten return ports."""
    return flatten((), trees)


def said(failures: Sequence[object]) -> list[str]:
    """Return failures as people read them."""
    return [str(failure) for failure in failures]
