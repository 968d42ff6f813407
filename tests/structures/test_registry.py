"""Classes that travel as references."""

from __future__ import annotations

import functools
import sys
import types
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import pytest

from rekuest.errors import StructureError
from rekuest.structures import Registry, default_registry, structure
from rekuest.structures.registry import derive, identifier_of


class HTTPImage2D:
    """An image on the storage.

    It is large.
    """

    def shrink(self) -> str:
        return "id"

    @classmethod
    async def expand(cls, value: str) -> HTTPImage2D:
        return cls()


class AsyncNamed:
    async def ashrink(self) -> str:
        return "id"

    @staticmethod
    def aexpand(value: str) -> AsyncNamed:
        return AsyncNamed()


class Bare:
    pass


PACKAGE = HTTPImage2D.__module__.partition(".")[0]


def test_a_class_with_both_methods_is_a_structure() -> None:
    found = Registry().by_class(HTTPImage2D)
    assert found is not None
    assert found.identifier == f"@{PACKAGE}/http-image2-d"
    assert (found.shrink_is_async, found.expand_is_async) == (False, True)
    assert found.description == "An image on the storage."


def test_the_async_names_are_taken_too() -> None:
    found = Registry().by_class(AsyncNamed)
    assert found is not None
    assert (found.shrink_is_async, found.expand_is_async) == (True, False)


def test_a_class_without_the_methods_is_none() -> None:
    assert Registry().by_class(Bare) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Image", "image"), ("ComplexStructure", "complex-structure"), ("_My_Thing", "my-thing")],
)
def test_identifiers_are_kebab_case(name: str, expected: str) -> None:
    cls = type(name, (), {"__module__": "lab.images.files"})
    assert identifier_of(cls) == f"@lab/{expected}"


@pytest.mark.parametrize(
    ("file", "package"), [("/x/provider.py", "provider"), ("/x/lab/__main__.py", "lab")]
)
def test_classes_of_the_script_are_named_after_its_file(
    file: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = types.ModuleType("__main__")
    main.__file__ = str(PurePath(file))
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert identifier_of(type("Image", (), {"__module__": "__main__"})) == f"@{package}/image"


def test_half_a_structure_is_refused() -> None:
    class Half:
        def shrink(self) -> str:
            return ""

    with pytest.raises(
        StructureError, match="has 'shrink' but no 'expand'; a structure needs both"
    ):
        derive(Half)


def test_a_dataclass_may_have_a_method_of_that_name() -> None:
    @dataclass
    class Box:
        size: int

        def expand(self) -> None:
            self.size += 1

    assert derive(Box) is None


def test_expand_that_needs_an_instance_is_refused() -> None:
    class Wrong:
        def shrink(self) -> str:
            return ""

        def expand(self, value: str) -> Any:
            return None

    with pytest.raises(
        StructureError, match="'expand' of class .* needs an instance; make it a cl"
    ):
        derive(Wrong)


def test_two_classes_of_one_identifier_are_refused_with_both_places() -> None:
    registry = Registry()
    registry.register(HTTPImage2D, identifier="@lab/image")
    with pytest.raises(StructureError) as refused:
        registry.register(AsyncNamed, identifier="@lab/image")
    assert str(refused.value).count(f"{__file__}:") == 2


def test_a_class_that_is_defined_again_replaces_itself() -> None:
    registry = Registry()

    def define() -> type:
        class Image(HTTPImage2D):
            pass

        return Image

    old, new = define(), define()
    registry.register(old)
    found = registry.register(new)
    assert registry.by_identifier(found.identifier) is found


def test_classes_of_others_are_registered_with_functions() -> None:
    registry = Registry()
    structure(Bare, identifier="@a/b", shrink=str, expand=lambda value: Bare(), registry=registry)
    found = registry.by_identifier("@a/b")
    assert found is not None
    assert found.cls is Bare
    with pytest.raises(StructureError, match="class Bare has no 'shrink' and 'expand'"):
        Registry().register(Bare)


def test_async_functions_are_seen_behind_partials() -> None:
    async def expand(cls: type, value: str) -> Any:
        return cls()

    found = Registry().register(Bare, shrink=str, expand=functools.partial(expand, Bare))
    assert found.expand_is_async


def test_an_identifier_has_its_form() -> None:
    with pytest.raises(StructureError, match="'image' of class Bare is not of the form '@package/"):
        Registry().register(Bare, identifier="image", shrink=str, expand=lambda value: value)


def test_a_registry_looks_further_into_its_parent() -> None:
    parent = Registry()
    found = parent.register(HTTPImage2D)
    child = Registry(parent)
    assert child.by_identifier(found.identifier) is found
    assert child.by_class(HTTPImage2D) is found
    assert child.identifiers() == [found.identifier]
    child.register(AsyncNamed)
    assert parent.identifiers() == [found.identifier]


def test_the_decorator_registers_in_the_default_registry() -> None:
    @structure
    class Decorated(HTTPImage2D):
        pass

    @structure(identifier="@decorated/other", description="Other.")
    class Other(HTTPImage2D):
        pass

    found = default_registry().by_identifier("@decorated/other")
    assert found is not None
    assert found.declaration().description == "Other."
    assert default_registry().by_class(Decorated) is not None


def test_a_subclass_travels_as_its_base() -> None:
    class Sub(HTTPImage2D):
        async def shrink(self) -> str:  # type: ignore[override]  # the case under test
            return "sub"

    registry = Registry()
    base = registry.register(HTTPImage2D, identifier="@lab/image")
    assert registry.match(HTTPImage2D, "@lab/image") is base
    found = registry.match(Sub, "@lab/image")
    assert found is not None
    assert found.shrink_is_async
    assert registry.match(Bare, "@lab/image") is None
