"""`expand(shrink(v)) == v`: caller to agent and back, over generated annotations and values."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from types import GenericAlias
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rekuest.api.enums import PortDirection
from rekuest.definition import Definition, define
from rekuest.structures import (
    Begun,
    Registry,
    compile_checker,
    compile_expander,
    compile_shrinker,
    join_returns,
)

from .shapes import Colour, Frozen, Image, Number, Point, Word

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
INTEGERS = st.integers() | st.integers(-(2**70), 2**70)
POINTS = st.builds(Point, INTEGERS, FLOATS)
LEAVES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, INTEGERS),
    (float, FLOATS),
    (str, TEXT),
    (bool, st.booleans()),
    (None, st.none()),
    (Colour, st.sampled_from(Colour)),
    (Number, st.sampled_from(Number)),
    (Word, st.sampled_from(Word)),
    (Point, POINTS),
    (
        Frozen,
        st.builds(
            Frozen,
            tags=st.lists(TEXT, max_size=2),
            point=st.none() | POINTS,
            colour=st.sampled_from(Colour),
        ),
    ),
    (Image, st.builds(Image, TEXT)),
]
Pair = tuple[Any, st.SearchStrategy[Any]]


def nest(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    """Put an annotation into another one."""
    wrap: Sequence[Callable[[Pair], Pair]] = (
        lambda pair: (GenericAlias(list, (pair[0],)), st.lists(pair[1], max_size=3)),
        lambda pair: (
            GenericAlias(dict, (str, pair[0])),
            st.dictionaries(TEXT, pair[1], max_size=3),
        ),
        lambda pair: (pair[0] and pair[0] | None, st.none() | pair[1]),
    )
    return st.builds(lambda make, pair: make(pair), st.sampled_from(wrap), inner)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """Draw an annotation, up to five levels deep, and a value of it."""
    pair = draw(st.sampled_from(LEAVES))
    for _ in range(draw(st.integers(0, 4))):
        pair = draw(nest(st.just(pair)))
    return pair[0], draw(pair[1])


def run(begun: Begun) -> dict[str, Any]:
    """Do what a caller of `begin` does; coroutines here never wait."""
    return begun.finish([_result(job.call()) for job in begun.jobs])


def _result(result: Any) -> Any:
    if not hasattr(result, "send"):
        return result
    with pytest.raises(StopIteration) as stopped:
        result.send(None)
    return stopped.value.value


def over_the_wire(values: dict[str, Any]) -> dict[str, Any]:
    """Send values as JSON."""
    received: dict[str, Any] = json.loads(json.dumps(values, allow_nan=False))
    return received


def defined(annotation: Any) -> Definition:
    """Define a function that gives back what it takes."""

    def function(x):  # type: ignore[no-untyped-def]  # annotated below
        return x

    function.__annotations__ = {"x": annotation, "return": annotation}
    return define(function, registry=Registry())


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pairs())
def test_values_arrive_as_they_were_sent(pair: tuple[Any, Any]) -> None:
    annotation, value = pair
    definition = defined(annotation)
    ports, registry = definition.template.ports, definition.registry

    # caller to agent; the caller knows the ports only
    out = compile_shrinker(ports, PortDirection.ARGUMENT, None, registry)
    sent = over_the_wire(run(out.begin({"x": value})))
    assert compile_checker(ports, PortDirection.ARGUMENT).check(sent) == []
    args, kwargs = definition.bind(run(definition.arguments.begin(sent)))
    arrived = definition.function(*args, **kwargs)
    assert arrived == value

    # agent to caller; shrunk again by a caller, the value is the same
    answer = over_the_wire(run(definition.returns.begin(definition.split(arrived))))
    back = compile_expander(ports, PortDirection.RETURN, None, registry)
    got = join_returns(ports, run(back.begin(answer)))
    assert over_the_wire(run(out.begin({"x": got}))) == sent
