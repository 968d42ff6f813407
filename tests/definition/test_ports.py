"""Annotations become ports: as argument and as return, as types and as text."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any, Tuple  # noqa: UP035  the old names work too

import pytest

from rekuest.api import wire
from rekuest.api.enums import ArgumentPassing, PortDirection
from rekuest.definition import Definition, define
from rekuest.structures import Registry

from . import shapes
from .shapes import Colour, Image, Number, Point, Word

IMAGE = f"@{Image.__module__.partition('.')[0]}/image"

NAMES = {**vars(typing), **vars(shapes)}

# annotation: its ports, indented by what they are inside of; `?` nullable, `= …` default
TABLE: dict[str, list[str]] = {
    "int": ["INT"],
    "float": ["FLOAT"],
    "str": ["STRING"],
    "bool": ["BOOL"],
    "int | None": ["INT?"],
    "None | int": ["INT?"],
    "Optional[int]": ["INT?"],
    "Union[int, None]": ["INT?"],
    "Optional[Optional[str]]": ["STRING?"],
    "list[int]": ["LIST", " item INT"],
    "List[int]": ["LIST", " item INT"],
    "list['int']": ["LIST", " item INT"],
    "list[int | None] | None": ["LIST?", " item INT?"],
    "list[None]": ["LIST", " item NONE"],
    "dict[str, float]": ["DICT", " value FLOAT"],
    "Dict[str, float]": ["DICT", " value FLOAT"],
    "dict[str, dict[str, list[bool]]]": ["DICT", " value DICT", "  value LIST", "   item BOOL"],
    "Colour": ["ENUM Colour RED,GREEN,BLUE"],
    "Number": ["ENUM Number ONE,TWO"],
    "Word | None": ["ENUM? Word A"],
    "list[Colour]": ["LIST", " item ENUM Colour RED,GREEN,BLUE"],
    "Image": [f"STRUCTURE {IMAGE}"],
    "dict[str, Optional[Image]]": ["DICT", f" value STRUCTURE? {IMAGE}"],
    "Point": ["MODEL Point", " x INT", " y FLOAT = 0.0"],
    "list[Point]": ["LIST", " item MODEL Point", "  x INT", "  y FLOAT = 0.0"],
    "Frozen": [
        "MODEL Frozen",
        " tags LIST = []",
        "  item STRING",
        " point MODEL? Point = None",
        "  x INT",
        "  y FLOAT = 0.0",
        " colour ENUM Colour RED,GREEN,BLUE = 'GREEN'",
    ],
}


def draw(ports: list[wire.Port], direction: PortDirection) -> list[str]:
    """Write ports as in the table, roots with their keys left out."""
    lines: list[str] = []
    depths: dict[int | None, int] = {None: -1}
    for port in ports:
        depth = depths[port.index] = depths[port.parent] + 1
        if port.direction != direction:
            continue
        words = [] if depth == 0 else [port.key]
        words += [f"{port.kind}{'?' if port.nullable else ''}", port.identifier or ""]
        words += [",".join(choice.key for choice in port.choices or ())]
        words += [f"= {port.default!r}" if port.has_default else ""]
        lines.append(" " * depth + " ".join(filter(None, words)))
    return lines


def with_annotation(annotation: Any) -> Definition:
    """Define a function that takes and returns one type."""

    def function(x):  # type: ignore[no-untyped-def]  # annotated below
        return x

    function.__annotations__ = {"x": annotation, "return": annotation}
    return define(function, registry=Registry(), names=NAMES)


@pytest.mark.parametrize("annotation", TABLE)
def test_text_becomes_ports(annotation: str) -> None:
    ports = with_annotation(annotation).template.ports
    assert draw(ports, PortDirection.ARGUMENT) == TABLE[annotation]
    assert draw(ports, PortDirection.RETURN) == TABLE[annotation]


@pytest.mark.parametrize("annotation", TABLE)
def test_types_become_the_same_ports(annotation: str) -> None:
    carrier = type("Carrier", (), {"__annotations__": {"x": annotation}})
    hint = typing.get_type_hints(carrier, globalns=NAMES)["x"]
    assert draw(with_annotation(hint).template.ports, PortDirection.ARGUMENT) == TABLE[annotation]


def only_none(x: None) -> None: ...
def two(x: int) -> tuple[int, list[str]]: ...  # type: ignore[empty-body]
def old_two(x: int) -> Tuple[int, str]: ...  # type: ignore[empty-body]  # noqa: UP006


@pytest.mark.parametrize(
    ("function", "keys"),
    [(only_none, []), (two, ["return0", "return1"]), (old_two, ["return0", "return1"])],
)
def test_returns_are_none_one_or_several(function: Callable[..., Any], keys: list[str]) -> None:
    ports = define(function).template.ports
    roots = [port for port in ports if port.parent is None]
    assert [port.key for port in roots if port.direction == PortDirection.RETURN] == keys


def test_none_is_a_port_as_an_argument() -> None:
    assert draw(define(only_none).template.ports, PortDirection.ARGUMENT) == ["NONE"]


def test_parameters_keep_their_way_of_passing() -> None:
    def function(a: int, /, b: int, *, c: int) -> None: ...

    found = [port.passing for port in define(function).template.ports]
    assert found == [ArgumentPassing.POSITIONAL, ArgumentPassing.ANY, ArgumentPassing.KEYWORD]


def test_defaults_travel_in_wire_form() -> None:
    def function(
        *,
        a: float = 1,
        b: Colour = Colour.RED,
        c: Colour | None = None,
        d: Point = Point(1),  # noqa: B008  as people write it
        e: list[Number] = [Number.TWO],  # noqa: B006
        f: int = 2**60,
        g: dict[str, Point] | None = {"a": Point(2)},  # noqa: B006, B008
        h: Image | None = None,
        i: Word = Word.A,
    ) -> None: ...

    definition = define(function, registry=Registry())
    ports = [port for port in definition.template.ports if port.parent is None]
    assert all(port.has_default for port in ports)
    assert [port.default for port in ports] == [
        1.0,
        "RED",
        None,
        {"x": 1, "y": 0.0},
        ["TWO"],
        str(2**60),
        {"a": {"x": 2, "y": 0.0}},
        None,
        "A",
    ]


def test_a_missing_hint_takes_the_type_of_the_default() -> None:
    def function(*, a=1, b="x", c=True, d=1.5, e=Colour.RED, f=Point(1)) -> None: ...  # type: ignore[no-untyped-def]  # noqa: B008

    ports = [port for port in define(function).template.ports if port.parent is None]
    assert [str(port.kind) for port in ports] == ["INT", "STRING", "BOOL", "FLOAT", "ENUM", "MODEL"]


def test_choices_carry_the_values_that_are_json() -> None:
    def function(colour: Colour) -> None: ...

    (port,) = define(function).template.ports
    assert [(it.key, it.value) for it in port.choices or ()] == [
        ("RED", 1),
        ("GREEN", "g"),
        ("BLUE", None),
    ]


def test_classes_of_a_function_are_found_from_what_it_closes_over_or_is_given() -> None:
    from dataclasses import dataclass

    @dataclass
    class Inner:
        n: int

    @dataclass
    class Outer:
        inner: Inner

    def function(x: Outer) -> Outer:
        return Outer(x.inner)

    definition = define(function, names={"Inner": Inner})
    assert definition.argument_types == {"x": Outer}
    done = definition.arguments.begin({"x": {"inner": {"n": 1}}}).finish()
    assert done == {"x": Outer(Inner(1))}


def test_a_return_hint_may_be_left_out_where_nothing_is_returned() -> None:
    def function(x: int):  # type: ignore[no-untyped-def]
        if x:
            return
        print(x)  # noqa: T201

    assert [port.key for port in define(function).template.ports] == ["x"]
