"""When a class may inherit from a fragment's class: only if every inherited field stays true.

A field with subfields is inherited as it is or not at all; a leaf may become narrower.  Where a
fragment does not qualify, its fields are written out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import get_named_type, is_composite_type
from graphql.utilities.type_comparators import is_equal_type

from rekuest_codegen.collect import Collector, Group
from rekuest_codegen.ir import Ref

__all__ = ["Inherited", "Shape", "inheritable", "inherited"]


class _Anything:
    """Stands for the root model when the order of bases is tried out."""


@dataclass(frozen=True)
class Shape:
    """One class: where it is, what it was made of, how its keys are called."""

    ref: Ref
    group: Group
    attributes: dict[str, str]  # {response key: attribute}
    types: dict[str, Ref]  # {response key: named type}
    ancestry: type = _Anything  # an empty class with the same bases, to try out new ones


@dataclass(frozen=True)
class Inherited:
    """What a class gets from its bases."""

    shapes: tuple[Shape, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    nested: dict[str, Ref] = field(default_factory=dict)  # keys with subfields, by key

    def ancestry(self, name: str) -> type:
        """Return an empty class with these bases."""
        return type(name, tuple(shape.ancestry for shape in self.shapes) or (_Anything,), {})

    def has(self, key: str, group: Group, collector: Collector) -> bool:
        """Whether a leaf need not be written, as every base that has it says the same."""
        bases = [shape for shape in self.shapes if key in shape.group.fields]
        return bool(bases) and all(_same(shape.group, group, key, collector) for shape in bases)


def inheritable(shape: Shape, group: Group, collector: Collector) -> bool:
    """Whether a class of `group` that inherits from `shape` would say the truth."""
    return all(_fits(shape.group, group, key, collector) for key in shape.group.fields)


def inherited(shapes: Sequence[Shape], group: Group, collector: Collector) -> Inherited:
    """Choose bases among the shapes that qualify, so that they agree with each other."""
    chosen: list[Shape] = []
    attributes: dict[str, str] = {}
    for shape in shapes:
        if any(issubclass(other.ancestry, shape.ancestry) for other in chosen):
            continue
        merged = {**shape.attributes, **attributes}
        agrees = all(merged[key] == name for key, name in shape.attributes.items())
        unique = len(set(merged.values())) == len(merged)
        without = [c for c in chosen if not issubclass(shape.ancestry, c.ancestry)]
        if agrees and unique and _has_order([*without, shape]):
            chosen, attributes = [*without, shape], merged
    nested = {
        key: shape.types[key]
        for shape in chosen
        for key in shape.group.fields
        if is_composite_type(get_named_type(collector.definition(group, key).type))
    }
    return Inherited(tuple(chosen), attributes, nested)


def _has_order(shapes: Sequence[Shape]) -> bool:
    try:
        type("Trial", tuple(shape.ancestry for shape in shapes), {})
    except TypeError:
        return False
    return True


def _fits(base: Group, group: Group, key: str, collector: Collector) -> bool:
    if key not in group.fields:
        return False
    definition = collector.definition(group, key)
    if not is_composite_type(get_named_type(definition.type)):
        return True  # a leaf can only be narrower here: the same field of a narrower type
    return (
        is_equal_type(definition.type, collector.definition(base, key).type)
        and base.is_optional(key) == group.is_optional(key)
        and {id(o.node) for o in base.fields[key]} == {id(o.node) for o in group.fields[key]}
    )


def _same(base: Group, group: Group, key: str, collector: Collector) -> bool:
    if key == "__typename":
        return base.is_rest == group.is_rest and base.types == group.types
    ours, theirs = collector.definition(group, key), collector.definition(base, key)
    return is_equal_type(ours.type, theirs.type) and base.is_optional(key) == group.is_optional(key)
