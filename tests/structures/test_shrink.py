"""Python values on their way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest

from rekuest.errors import ShrinkError
from rekuest.structures import Registry, compile_shrinker
from rekuest.structures.tree import PortTree

from .trees import (
    ARGUMENT,
    RETURN,
    arguments,
    dict_of,
    enum,
    image,
    leaf,
    list_of,
    model,
    returns,
    said,
)


class Colour(Enum):
    RED = 1
    GREEN = 2


class Number(IntEnum):
    ONE = 1


class Word(StrEnum):
    A = "a"


@dataclass
class Point:
    a: int
    b: list[str] = field(default_factory=list)


class Image:
    def __init__(self, id: Any) -> None:
        self.id = id

    def shrink(self) -> Any:
        return self.id

    @classmethod
    async def expand(cls, value: str) -> Image:
        return cls(value)


REGISTRY = Registry()
REGISTRY.register(Image, identifier="@lab/image")
POINT = model(leaf("INT", "a"), list_of(leaf("STRING", "item"), "b", has_default=True))


def shrink(tree: PortTree, value: Any, types: Mapping[str, Any] | None = None) -> Any:
    """Shrink one argument that holds no structure."""
    shrinker = compile_shrinker(arguments(tree), ARGUMENT, types, REGISTRY, node="blur")
    return shrinker.begin({"x": value}).finish()["x"]


def failures(tree: PortTree, value: Any, types: Mapping[str, Any] | None = None) -> list[str]:
    """Return what is wrong with one argument."""
    with pytest.raises(ShrinkError) as refused:
        shrink(tree, value, types)
    return said(refused.value.failures)


@pytest.mark.parametrize(
    ("tree", "value", "expected"),
    [
        (leaf("INT"), 5, 5),
        (leaf("INT"), Number.ONE, 1),
        (leaf("INT"), 2**53, "9007199254740992"),
        (leaf("INT"), -(2**53), "-9007199254740992"),
        (leaf("FLOAT"), 1, 1.0),
        (leaf("STRING"), Word.A, "a"),
        (leaf("BOOL"), True, True),
        (leaf("NONE"), None, None),
        (leaf("INT", nullable=True), None, None),
        (enum("RED", "GREEN"), Colour.RED, "RED"),
        (enum("RED", "GREEN"), "GREEN", "GREEN"),
        (list_of(leaf("INT", "item")), (1, 2), [1, 2]),
        (dict_of(leaf("INT", "value")), {Word.A: 1}, {"a": 1}),
        (POINT, Point(1), {"a": 1, "b": []}),
        (POINT, {"a": 1}, {"a": 1}),
        (leaf("UUID"), "12345678-1234-5678-1234-567812345678", ...),
    ],
)
def test_values_become_their_wire_form(tree: PortTree, value: Any, expected: Any) -> None:
    found = shrink(tree, value)
    assert found == (value if expected is ... else expected)
    assert type(found) is type(value if expected is ... else expected)


@pytest.mark.parametrize(
    ("tree", "value", "failure"),
    [
        (leaf("INT"), "5", "x: expected INT, got STRING '5'"),
        (leaf("INT"), 1.9, "x: expected INT, got FLOAT 1.9"),
        (leaf("INT"), True, "x: expected INT, got BOOL true"),
        (leaf("FLOAT"), float("nan"), "x: expected FLOAT (finite), got FLOAT nan"),
        (leaf("FLOAT"), 10**400, "x: expected FLOAT, got INT of about 401 digits"),
        (leaf("STRING"), b"a", "x: expected STRING, got BYTES of 1"),
        (leaf("STRING"), "\ud800", "x: expected STRING (without NUL and lone surrogates), got STRING '\\ud800'"),
        (leaf("BOOL"), "false", "x: expected BOOL, got STRING 'false'"),
        (enum("RED"), Colour.GREEN, "x: expected one of: RED, got STRING 'GREEN'"),
        (list_of(leaf("INT", "item")), [1, "2"], "x[1]: expected INT, got STRING '2'"),
        (list_of(leaf("INT", "item")), "12", "x: expected LIST, got STRING '12'"),
        (dict_of(leaf("INT", "value")), {1: 1}, "x[INT 1]: expected keys of kind STRING, got INT 1"),
        (POINT, Point("1"), "x.a: expected INT, got STRING '1'"),  # type: ignore[arg-type]  # wrong on purpose
        (POINT, {"b": []}, "x.a: expected INT, got nothing"),
        (POINT, Point, "x: expected MODEL Point, got an object of builtins.type"),
        (POINT, object(), "x: expected MODEL Point, got an object of builtins.object"),
    ],
)  # fmt: skip
def test_clause_8_5_misfits_are_found_before_sending(
    tree: PortTree, value: Any, failure: str
) -> None:
    assert failures(tree, value) == [failure]


def test_an_integer_beyond_4300_digits_is_a_misfit() -> None:
    assert shrink(leaf("INT"), 10**4299) == "1" + "0" * 4299
    assert failures(leaf("INT"), 10**4300) == [
        "x: expected INT (of at most 4,300 digits), got INT of about 4301 digits"
    ]


def test_the_error_names_node_port_expected_and_got() -> None:
    with pytest.raises(ShrinkError) as refused:
        shrink(leaf("INT"), "5")
    assert str(refused.value) == (
        "cannot shrink values of node 'blur': x: expected INT, got STRING '5'"
    )


def test_known_types_are_asked_for() -> None:
    types = {"x": Colour}
    assert shrink(enum("RED", "GREEN"), Colour.RED, types) == "RED"
    assert failures(enum("RED"), "RED", types) == ["x: expected one of: RED, got STRING 'RED'"]
    assert failures(POINT, {"a": 1}, {"x": Point}) == ["x: expected MODEL Point, got DICT of 1"]


def test_types_reach_into_what_is_nested() -> None:
    tree = list_of(dict_of(POINT, "item"), nullable=True)
    types = {"x": list[dict[str, Point]] | None}
    assert shrink(tree, [{"k": Point(1)}], types) == [{"k": {"a": 1, "b": []}}]
    assert failures(tree, [{"k": Point(1, ["a", 2])}], types) == [  # type: ignore[list-item]  # on purpose
        "x[0]['k'].b[1]: expected STRING, got INT 2"
    ]


def test_structures_become_jobs() -> None:
    tree = list_of(model(image("picture", nullable=True), leaf("INT", "n"), key="item"))
    shrinker = compile_shrinker(arguments(tree), ARGUMENT, None, REGISTRY)
    values: dict[str, Any] = {"x": [{"picture": Image("1"), "n": 1}, {"picture": None, "n": 2}]}
    begun = shrinker.begin(values)
    assert [(job.path, job.is_async) for job in begun.jobs] == [("x[0].picture", False)]
    done = begun.finish([job.call() for job in begun.jobs])
    assert done == {"x": [{"picture": "1", "n": 1}, {"picture": None, "n": 2}]}
    assert isinstance(values["x"][0]["picture"], Image)  # the caller's own value is left alone


def test_other_values_fail_before_a_job_is_given() -> None:
    shrinker = compile_shrinker(arguments(image("p"), leaf("INT")), ARGUMENT, None, REGISTRY)
    with pytest.raises(ShrinkError):
        shrinker.begin({"p": Image("1"), "x": "no"})


def test_a_class_that_is_not_the_structure_is_a_misfit() -> None:
    assert failures(image(), Colour.RED) == [
        "x: expected STRUCTURE @lab/image, got ENUM Colour.RED"
    ]


def test_failed_jobs_are_failures_with_their_cause() -> None:
    shrinker = compile_shrinker(
        arguments(list_of(image("item"))), ARGUMENT, None, REGISTRY, node="n"
    )
    begun = shrinker.begin({"x": [Image("1"), Image("2"), Image(3)]})
    problem = OSError("disk full")
    with pytest.raises(ShrinkError) as refused:
        begun.finish(["1", problem, "3"])
    assert said(refused.value.failures) == [
        "x[1]: expected STRUCTURE @lab/image that shrinks, got OSError: disk full"
    ]
    assert refused.value.__cause__ is problem


def test_a_shrink_must_give_text() -> None:
    begun = compile_shrinker(arguments(image()), ARGUMENT, None, REGISTRY).begin({"x": Image(3)})
    with pytest.raises(ShrinkError) as refused:
        begun.finish([job.call() for job in begun.jobs])
    assert said(refused.value.failures) == [
        "x: expected a STRING that @lab/image shrinks to, got INT 3"
    ]


def test_returns_have_their_own_direction() -> None:
    shrinker = compile_shrinker(returns(leaf("INT", "return")), RETURN, node="n")
    with pytest.raises(ShrinkError, match="return: expected INT, got nothing"):
        shrinker.begin({})
