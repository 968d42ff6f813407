"""Wire values on their way in."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rekuest.errors import ExpandError
from rekuest.structures import Registry, compile_expander
from rekuest.structures.tree import PortTree

from .trees import ARGUMENT, arguments, dict_of, enum, image, leaf, list_of, model, said


class Colour(str, Enum):
    RED = "r"
    GREEN = "g"


@dataclass
class Point:
    a: int
    b: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("a is negative")


class Image:
    @classmethod
    def expand(cls, value: str) -> Image:
        return cls()

    def shrink(self) -> str:
        return "1"


REGISTRY = Registry()
REGISTRY.register(Image, identifier="@lab/image")
POINT = model(leaf("INT", "a"), list_of(leaf("STRING", "item"), "b", has_default=True))


def expand(tree: PortTree, value: Any, types: Mapping[str, Any] | None = None) -> Any:
    """Expand one argument that holds no structure."""
    expander = compile_expander(arguments(tree), ARGUMENT, types, REGISTRY, node="blur")
    return expander.begin({"x": value}).finish()["x"]


@pytest.mark.parametrize(
    ("tree", "hint", "value", "expected"),
    [
        (leaf("INT"), int, 5, 5),
        (leaf("INT"), int, "9007199254740992", 2**53),
        (leaf("FLOAT"), float, 1, 1.0),
        (leaf("INT", nullable=True), int | None, None, None),
        (enum("RED", "GREEN"), Colour, "RED", Colour.RED),
        (enum("RED", "GREEN"), None, "RED", "RED"),
        (list_of(leaf("INT", "item")), list[int], [1, "9007199254740992"], [1, 2**53]),
        (dict_of(leaf("FLOAT", "value")), dict[str, float], {"a": 1}, {"a": 1.0}),
        (POINT, Point, {"a": 1}, Point(1)),
        (POINT, None, {"a": 1, "b": ["c"]}, {"a": 1, "b": ["c"]}),
        (list_of(POINT), list[Point], [{"a": 1, "b": ["c"]}], [Point(1, ["c"])]),
        (leaf("DATE"), None, "2026-01-01", "2026-01-01"),
    ],
)
def test_values_become_python_values(tree: PortTree, hint: Any, value: Any, expected: Any) -> None:
    found = expand(tree, value, {"x": hint} if hint else None)
    assert found == expected
    assert type(found) is type(expected)


def test_defaults_are_filled_in_fresh_each_time() -> None:
    tree = list_of(leaf("INT", "item"), has_default=True, default=[1])
    expander = compile_expander(arguments(tree, leaf("INT", "y")), ARGUMENT)
    first = expander.begin({"y": 1}).finish()
    first["x"].append(2)
    assert expander.begin({"y": 1}).finish() == {"x": [1], "y": 1}


def test_what_arrived_is_left_as_it_is() -> None:
    arrived = {"x": [{"a": 1, "b": ["c"]}]}
    expander = compile_expander(arguments(list_of(POINT)), ARGUMENT)
    expander.begin(arrived).finish()["x"][0]["b"].append("d")
    assert arrived == {"x": [{"a": 1, "b": ["c"]}]}


def test_all_failures_come_together() -> None:
    expander = compile_expander(arguments(leaf("INT"), leaf("STRING", "y")), ARGUMENT, node="blur")
    with pytest.raises(ExpandError) as refused:
        expander.begin({"x": "1", "z": 1})
    assert str(refused.value) == (
        "cannot expand values of node 'blur': x: expected INT, got STRING '1'; "
        "y: expected STRING, got nothing; z: expected no such argument (known: x, y), got INT 1"
    )


def test_a_class_that_refuses_its_fields_is_a_failure() -> None:
    with pytest.raises(ExpandError) as refused:
        expand(list_of(POINT), [{"a": 1}, {"a": -1}], {"x": list[Point]})
    assert said(refused.value.failures) == [
        "x[1]: expected MODEL Point, got fields that its class refuses with ValueError: a is negative"
    ]


def test_structures_become_jobs_and_stand_in_what_holds_them() -> None:
    @dataclass
    class Album:
        pictures: list[Image]

    tree = model(list_of(image("item"), "pictures"))
    expander = compile_expander(arguments(tree), ARGUMENT, {"x": Album}, REGISTRY)
    begun = expander.begin({"x": {"pictures": ["1", "2"]}})
    assert [job.path for job in begun.jobs] == ["x.pictures[0]", "x.pictures[1]"]
    images = [job.call() for job in begun.jobs]
    assert begun.finish(images) == {"x": Album(images)}


def test_failed_expansions_name_path_and_reference() -> None:
    begun = compile_expander(arguments(image()), ARGUMENT, None, REGISTRY).begin({"x": "id-7"})
    with pytest.raises(ExpandError) as refused:
        begun.finish([KeyError("gone")])
    assert said(refused.value.failures) == [
        "x: expected STRUCTURE @lab/image 'id-7' that expands, got KeyError: 'gone'"
    ]


def test_a_hidden_awaitable_is_a_failure() -> None:
    async def hidden() -> Image:
        return Image()

    begun = compile_expander(arguments(image()), ARGUMENT, None, REGISTRY).begin({"x": "1"})
    with pytest.raises(ExpandError, match="an awaitable that nobody awaited"):
        begun.finish([hidden()])


def test_an_unknown_structure_is_named_with_the_known_ones() -> None:
    registry = Registry()
    registry.register(Image, identifier="@lab/table")
    expander = compile_expander(arguments(image()), ARGUMENT, None, registry, node="blur")
    with pytest.raises(ExpandError) as refused:
        expander.begin({"x": "1"})
    assert said(refused.value.failures) == [
        "x: expected a class for '@lab/image' (known: '@lab/table'); use @structure on it, "
        "got STRING '1'"
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "x"]) | st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_no_json_raises_anything_but_expand_errors(value: Any) -> None:
    tree = list_of(POINT, nullable=True)
    expander = compile_expander(arguments(tree), ARGUMENT, {"x": list[Point] | None})
    arrived = value if isinstance(value, dict) else {"x": value}
    with contextlib.suppress(ExpandError):
        expander.begin(arrived).finish()
