"""What cannot travel is refused at registration, with what to write instead."""

from __future__ import annotations

import collections.abc
import datetime
import decimal
import functools
import inspect
import pathlib
import typing
import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from dataclasses import InitVar, dataclass, field
from typing import Any

import pytest

from rekuest.definition import define
from rekuest.errors import DefinitionError
from rekuest.structures import Registry

from .shapes import Bits, Empty, Image, Point, Tree

T = typing.TypeVar("T")
Width = typing.NewType("Width", int)


class Plain:
    pass


class Half:
    def shrink(self) -> str:
        return ""


class Typed(typing.TypedDict):
    a: int


class Named(typing.NamedTuple):
    a: int


@dataclass
class Holder:
    tags: set[str]


@dataclass
class Lost:
    seed: InitVar[int]


@dataclass
class Unknown:
    a: Nowhere  # type: ignore[name-defined]  # noqa: F821


@dataclass
class Broken:
    a: list[int] = field(default_factory=lambda: 1 / 0)  # type: ignore[arg-type, return-value]


@dataclass
class Box(typing.Generic[T]):
    content: T


HERE = Plain.__module__
PATH = __file__
HALF_LINE = inspect.getsourcelines(Half)[1]

# hint: what stands between `cannot register 'function': parameter 'x', annotated …: ` and the end
TABLE: list[tuple[Any, str]] = [
    (list, "'list' cannot travel; say what is in it; write 'list[int]'"),
    (typing.List, "'List' cannot travel; say what is in it; write 'list[int]'"),  # noqa: UP006
    (dict, "'dict' cannot travel; say what is in it; write 'dict[str, int]'"),
    (list[list], "'list' cannot travel; say what is in it; write 'list[int]'"),  # type: ignore[type-arg]
    (
        dict[int, str],
        "'dict[int, str]' cannot travel; keys are text: write 'dict[str, str]'",
    ),
    (
        tuple[int, str],
        "'tuple[int, str]' cannot travel; write 'list[str]' or a dataclass (only a whole return "
        "may be 'tuple[A, B]')",
    ),
    (set[int], "'set[int]' cannot travel; write 'list[int]'"),
    (frozenset[str], "'frozenset[str]' cannot travel; write 'list[str]'"),
    (set, "'set' cannot travel; write 'list[X]'"),
    (
        collections.abc.Sequence[int],
        "'collections.abc.Sequence[int]' cannot travel; write 'list[int]'",
    ),
    (
        collections.abc.Mapping[str, int],
        "'collections.abc.Mapping[str, int]' cannot travel; write 'dict[str, int]'",
    ),
    (
        collections.abc.Iterator[int],
        "'collections.abc.Iterator[int]' cannot travel; values cannot be streamed in; write "
        "'list[int]'",
    ),
    (
        bytes,
        "'bytes' cannot travel; write 'str' with base64 in it, or a structure for large ones",
    ),
    (complex, "'complex' cannot travel; write two floats, or a dataclass with both parts"),
    (datetime.datetime, "'datetime.datetime' cannot travel; write 'str' with ISO 8601 in it"),
    (datetime.timedelta, "'datetime.timedelta' cannot travel; write 'float' with seconds in it"),
    (uuid.UUID, "'uuid.UUID' cannot travel; write 'str'"),
    (decimal.Decimal, "'decimal.Decimal' cannot travel; write 'str'"),
    (pathlib.Path, "'pathlib.Path' cannot travel; write 'str'"),
    (
        Any,
        "'Any' cannot travel; anything cannot be checked; write the type that is meant",
    ),
    (
        object,
        "'object' cannot travel; anything cannot be checked; write the type that is meant",
    ),
    (
        typing.Literal["a"],
        "\"Literal['a']\" cannot travel; write an Enum with these members",
    ),
    (typing.Annotated[int, []], "'Annotated[int, []]' cannot travel; write the bare type"),
    (
        int | str,
        "'int | str' cannot travel; only 'X | None' can; write a dataclass with an optional field "
        "for each",
    ),
    (
        typing.Optional[int | str],  # noqa: UP007, UP045
        "'Union[int, str]' cannot travel; only 'X | None' can; write a dataclass with an optional "
        "field for each",
    ),
    (
        Callable[[int], str],
        "'collections.abc.Callable[[int], str]' cannot travel; functions do not travel; register "
        "it and pass the name of its node",
    ),
    (T, "'~T' cannot travel; write the type that is meant"),
    (Width, f"'{HERE}.Width' cannot travel; write 'int'"),
    (Typed, f"'{HERE}.Typed' cannot travel; write a dataclass with the same fields"),
    (Named, f"'{HERE}.Named' cannot travel; write a dataclass with the same fields"),
    (Box[int], f"'{HERE}.Box[int]' cannot travel; write a dataclass without type parameters"),
    (
        Bits,
        f"'{Bits.__module__}.Bits' cannot travel; flags combine; write 'list[X]' with an Enum for X",
    ),
    (Empty, f"'{Bits.__module__}.Empty' cannot travel; it has no members; add at least one"),
    (
        Plain,
        f"'{HERE}.Plain' cannot travel; give the class 'shrink' and 'expand', register it with "
        "'@structure', or make it a dataclass",
    ),
    (
        Half,
        f"'{HERE}.Half' cannot travel; class Half ({PATH}:{HALF_LINE}) has 'shrink' but no 'expand'; "
        "a structure needs both",
    ),
    (Holder, "field 'tags' of Holder: 'set[str]' cannot travel; write 'list[str]'"),
    (
        Tree,
        f"field 'children' of Tree: '{Tree.__module__}.Tree' contains itself, which a list of "
        "ports cannot say; make it a structure",
    ),
    (
        Lost,
        f"'{HERE}.Lost' has the InitVar 'seed', which cannot be read back; make it a field",
    ),
    (
        Unknown,
        "the annotations of Unknown mean nothing here (name 'Nowhere' is not defined); define "
        "what they name at the top of its module",
    ),
    (
        Broken,
        "field 'a' of Broken: its default_factory raised ZeroDivisionError('division by zero'); "
        "make it work",
    ),
]


def refusal(function: Any, **options: Any) -> str:
    """Return why a function is refused."""
    with pytest.raises(DefinitionError) as refused:
        define(function, registry=Registry(), **options)
    return str(refused.value)


def line_of(function: Callable[..., Any]) -> int:
    """Return the line of a `def` without decorators."""
    return function.__code__.co_firstlineno


@pytest.mark.parametrize(("hint", "reason"), TABLE)
def test_hints_are_refused_with_what_to_write_instead(hint: Any, reason: str) -> None:
    def function(x) -> None: ...  # type: ignore[no-untyped-def]  # annotated below

    function.__annotations__["x"] = hint
    found = refusal(function).replace("typing.", "")
    start = f"{PATH}:{line_of(function)}: cannot register 'function': parameter 'x', annotated "
    assert found.startswith(start)
    assert found.endswith(f": {reason}")


def test_a_message_has_file_line_parameter_annotation_and_fix() -> None:
    @functools.lru_cache
    def blur(image: list[set[int]]) -> None: ...

    assert refusal(blur, interface="soften") == (
        f"{PATH}:{blur.__wrapped__.__code__.co_firstlineno + 1}: cannot register 'soften': "
        "parameter 'image', annotated 'list[set[int]]': 'set[int]' cannot travel; "
        "write 'list[int]'"
    )


def test_all_problems_of_a_function_come_together() -> None:
    def function(a, b: Nowhere, *args: int, c: int = None, **kwargs: int) -> set[int]: ...  # type: ignore  # noqa: F821, PGH003

    start = f"{PATH}:{line_of(function)}: cannot register 'function': "
    assert refusal(function).split("\n") == [
        f"{start}parameter 'a': it has no type hint; write 'a: int' or what it takes",
        f"{start}parameter 'b', annotated 'Nowhere': it means nothing here (name 'Nowhere' is not "
        "defined); define what it names before the function",
        f"{start}parameter 'args', annotated 'int': '*args' takes any number of arguments, and a "
        "node a fixed one; write 'list[X]' or 'dict[str, X]' without the stars",
        f"{start}parameter 'c', annotated 'int': its default does not fit: expected INT, got "
        "null; write 'int | None'",
        f"{start}parameter 'kwargs', annotated 'int': '**kwargs' takes any number of arguments, "
        "and a node a fixed one; write 'list[X]' or 'dict[str, X]' without the stars",
        f"{start}its return, annotated 'set[int]': 'set[int]' cannot travel; write 'list[int]'",
    ]


def structure_default(x: Image = Image()) -> None: ...  # noqa: B008
def nested_structure(x: list[Image] = [Image()]) -> None: ...  # noqa: B006, B008
def wrong_default(x: int = "1") -> None: ...  # type: ignore[assignment]
def wrong_inside(x: Point = Point(1, "a")) -> None: ...  # type: ignore[arg-type]  # noqa: B008
def silent_none(x=None) -> None: ...  # type: ignore[no-untyped-def]
def bare_default(x=[]) -> None: ...  # type: ignore[no-untyped-def]  # noqa: B006


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (
            structure_default,
            f"its default is an object of {Image.__module__}.Image, a structure, which would have "
            "to be stored while the function is registered; write 'X | None = None' and make it "
            "in the function",
        ),
        (nested_structure, "its default is LIST of 1, a structure, which would have to be stored"),
        (
            wrong_default,
            "its default does not fit: expected INT, got STRING '1'; change the default or the hint",
        ),
        (wrong_inside, "its default does not fit at .y: expected FLOAT, got STRING 'a'; change"),
        (
            silent_none,
            "it has no type hint, and its default None says nothing; write 'x: X | None = None'",
        ),
        (bare_default, "'list' cannot travel; say what is in it; write 'list[int]'"),
    ],
)
def test_defaults_that_cannot_stand(function: Callable[..., Any], reason: str) -> None:
    assert reason in refusal(function)


def no_hint(x: int):  # type: ignore[no-untyped-def]
    return x


def ellipsis(x: int) -> tuple[int, ...]: ...  # type: ignore[empty-body]
def optional_tuple(x: int) -> tuple[int, str] | None: ...
def yields() -> int:  # type: ignore[misc]
    yield 1


def yields_async_hint() -> AsyncIterator[int]:  # type: ignore[misc]
    yield 1


async def returns_stream() -> Iterator[int]: ...  # type: ignore[empty-body]
def returns_iterable() -> Iterable[int]: ...  # type: ignore[empty-body]
def bare_stream() -> Iterator: ...  # type: ignore[type-arg, empty-body]
def sends() -> Generator[int, str, None]:
    yield 1


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (
            no_hint,
            "its return: it has no type hint; write '-> X', or '-> None' if it gives nothing",
        ),
        (ellipsis, "'tuple[int, ...]' cannot travel; write 'list[int]' or a dataclass"),
        (optional_tuple, "'tuple[int, str]' cannot travel; write 'list[str]' or a dataclass"),
        (yields, "the function yields; write '-> Iterator[X]'"),
        (
            yields_async_hint,
            "the function is of kind generator; yield, and write '-> Iterator[X]'",
        ),
        (
            returns_stream,
            "the function is of kind coroutine; yield, and write '-> AsyncIterator[X]'",
        ),
        (returns_iterable, "write 'list[X]', or 'Iterator[X]' for a stream"),
        (bare_stream, "say what it yields; write 'Iterator[int]'"),
        (sends, "nothing can be sent into a stream, and it returns nothing; write 'Iterator[X]'"),
    ],
)
def test_returns_that_cannot_travel(function: Callable[..., Any], reason: str) -> None:
    assert reason in refusal(function)


def test_what_has_no_source_is_refused() -> None:
    with pytest.raises(DefinitionError, match="'Plain' is a class; register a function or a bound"):
        define(Plain)
    with pytest.raises(DefinitionError, match="<built-in function len> has no Python source"):
        define(len)


def test_names_and_numbers_are_judged_too() -> None:
    def function() -> None: ...

    assert "interface 'a\\nb' is not 1 to 200 printable characters" in refusal(
        function, interface="a\nb"
    )
    assert "concurrency is 0; it is at least 1" in refusal(function, concurrency=0)
