"""The functions that an app provides, by interface."""

from __future__ import annotations

import inspect
import sys
from types import FunctionType, ModuleType
from typing import Any

import pytest

from rekuest.app.options import RegisterOptions
from rekuest.app.registrations import Registrations
from rekuest.app.rekuest import Rekuest
from rekuest.definition import define
from rekuest.errors import DefinitionError


def blur(x: int) -> int:
    return x


def sharpen(x: int) -> int:
    return x


def test_definitions_keep_their_order() -> None:
    registrations = Registrations()
    registrations.add(define(sharpen))
    registrations.add(define(blur))
    assert [it.template.interface for it in registrations.all()] == ["sharpen", "blur"]


def test_taken_interface_is_refused_with_both_locations() -> None:
    registrations = Registrations()
    first, second = define(blur), define(sharpen, interface="blur")
    registrations.add(first)
    with pytest.raises(DefinitionError) as caught:
        registrations.add(second)
    assert str(caught.value) == (
        f"cannot register the function at {second.location} as 'blur': the one at {first.location} "
        "already has this interface; give one of them another name with "
        "`@client.register(interface=...)`"
    )


def test_same_function_may_be_registered_again() -> None:
    registrations = Registrations()
    registrations.add(define(blur))
    registrations.add(define(blur, concurrency=3))
    assert [it.template.concurrency for it in registrations.all()] == [3]


def test_cell_of_a_notebook_may_be_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def cell(x: int) -> int:
        return x

    again = FunctionType(cell.__code__, {**cell.__globals__, "__name__": "__main__"}, "cell")
    again.__annotations__ = cell.__annotations__
    cell.__module__ = again.__module__ = "__main__"
    again.__qualname__ = cell.__qualname__
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))  # without a file
    registrations = Registrations()
    registrations.add(define(cell))
    registrations.add(define(again))
    assert registrations.all()[0].function is again


def test_an_option_that_does_not_exist() -> None:
    options: dict[str, Any] = {"interfase": "greet"}
    with pytest.raises(TypeError) as caught:
        Rekuest("app").register(**options)
    assert str(caught.value).startswith("register() has no option 'interfase' (known: interface, ")


def test_every_option_is_one_of_definitions() -> None:
    options = set(RegisterOptions.__annotations__)
    assert options <= set(inspect.signature(define).parameters)
