"""Functions of every kind become definitions."""

from __future__ import annotations

import functools
import time
import types
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from typing import Any

import pytest

from rekuest.api import wire
from rekuest.api.enums import NodeKind
from rekuest.definition import CallKind, define
from rekuest.errors import ExpandError, ShrinkError
from rekuest.structures import Registry

from .shapes import Image, Point


def plain(x: int) -> int:
    return x


async def coroutine(x: int) -> int:
    return x


def generator() -> Iterator[int]:
    yield 1


def long_generator() -> Generator[int, None, None]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


async def long_async_generator() -> AsyncGenerator[int, None]:
    yield 1


def gives_iterator() -> Iterator[int]:
    return iter([1])


def gives_async_iterator() -> AsyncIterator[int]:
    return async_generator()


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    """Hide what a function is, as many decorators do."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


class Methods:
    def method(self, x: int) -> int:
        return x

    async def __call__(self, x: int) -> int:
        return x


KINDS = [
    (plain, CallKind.FUNCTION),
    (coroutine, CallKind.COROUTINE),
    (generator, CallKind.GENERATOR),
    (long_generator, CallKind.GENERATOR),
    (async_generator, CallKind.ASYNC_GENERATOR),
    (long_async_generator, CallKind.ASYNC_GENERATOR),
    (gives_iterator, CallKind.GENERATOR),
    (gives_async_iterator, CallKind.ASYNC_GENERATOR),
    (decorated(coroutine), CallKind.COROUTINE),
    (Methods().method, CallKind.FUNCTION),
    (Methods(), CallKind.COROUTINE),
    (functools.partial(generator), CallKind.GENERATOR),
]


@pytest.mark.parametrize(("function", "kind"), KINDS)
def test_the_kind_of_a_function_is_known(function: Callable[..., Any], kind: CallKind) -> None:
    definition = define(function)
    assert definition.kind is kind
    assert definition.function is function
    wanted = NodeKind.GENERATOR if kind.is_generator else NodeKind.FUNCTION
    assert definition.template.kind == wanted
    assert definition.template.concurrency == (16 if kind.is_async else 1)


def test_a_stream_may_yield_several_values() -> None:
    def function() -> Iterator[tuple[int, str]]:
        yield 1, "a"

    definition = define(function)
    assert [port.key for port in definition.template.ports] == ["return0", "return1"]
    assert definition.return_types == {"return0": int, "return1": str}


def test_names_follow_the_function_and_can_be_given() -> None:
    template = define(plain).template
    assert (template.interface, template.name, template.title) == ("plain", "plain", "Plain")
    assert define(plain, interface="a").template.name == "a"
    assert define(plain, interface="a", name="b").template.name == "b"


def test_options_are_declared() -> None:
    retry = wire.RetryPolicy(max_attempts=3, backoff=1.0)
    template = define(plain, pure=True, labels=["gpu"], retry=retry, max_instances=2).template
    assert template.idempotent  # what is pure is idempotent
    assert (template.labels, template.retry, template.max_instances) == (["gpu"], retry, 2)


def test_the_location_is_the_line_of_the_def() -> None:
    assert define(plain).location == f"{__file__}:{plain.__code__.co_firstlineno}"
    line = decorated.__code__.co_firstlineno + 3  # of the decorator in `decorated`

    wrapper: Any = decorated(plain)
    assert isinstance(wrapper, types.FunctionType)
    vars(wrapper).pop("__wrapped__")
    del wrapper.__annotations__
    with pytest.raises(Exception, match=f"{line + 1}: cannot register"):
        define(wrapper)


def test_arguments_are_expanded_and_bound() -> None:
    def function(a: Point, /, *, b: int = 2) -> None: ...

    definition = define(function)
    values = definition.arguments.begin({"a": {"x": 1}}).finish()
    assert definition.bind(values) == ([Point(1)], {"b": 2})
    with pytest.raises(ExpandError, match="of node 'function': a: expected MODEL Point, got INT 1"):
        definition.arguments.begin({"a": 1})


def test_returns_are_split_and_shrunk() -> None:
    definition = define(plain)
    assert definition.returns.begin(definition.split(5)).finish() == {"return": 5}
    with pytest.raises(ShrinkError, match="of node 'plain': return: expected INT, got STRING 'a'"):
        definition.returns.begin(definition.split("a"))


def test_structures_are_registered_and_known() -> None:
    def function(images: list[Image]) -> Image:
        return images[0]

    registry = Registry()
    definition = define(function, registry=registry)
    assert [it.cls for it in definition.structures] == [Image]
    assert registry.identifiers() == [it.identifier for it in definition.structures]


def test_a_thousand_functions_are_defined_in_two_seconds() -> None:
    def function(x: int, name: str = "a", point: Point | None = None) -> list[Point]:
        """Do something.

        Args:
            x: A number.
            name: A name.
            point: A point.
        """
        return []

    started = time.process_time()  # whatever else the machine is doing
    for number in range(1000):
        define(function, interface=f"function_{number}")
    assert time.process_time() - started < 2


def test_shrinking_and_expanding_two_values_takes_ten_microseconds() -> None:
    def function(x: int, name: str) -> tuple[int, str]:
        return x, name

    definition = define(function)
    arguments, returns = definition.arguments, definition.returns

    def best(action: Callable[[], object]) -> float:
        times = []
        for _ in range(20):
            started = time.perf_counter()
            for _ in range(100):
                action()
            times.append((time.perf_counter() - started) / 100)
        return min(times)

    assert best(lambda: arguments.begin({"x": 4, "name": "johannes"}).finish()) < 10e-6
    assert best(lambda: returns.begin(definition.split((4, "johannes"))).finish()) < 10e-6
