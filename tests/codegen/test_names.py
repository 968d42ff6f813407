"""GraphQL names as Python names."""

import enum

import pydantic
import pytest

from rekuest_codegen import names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("initiativeLabels", "initiative_labels"),
        ("HTTPServer", "http_server"),
        ("oauth2Client", "oauth2_client"),
        ("already_snake", "already_snake"),
        ("ID", "id"),
    ],
)
def test_snake(name: str, expected: str) -> None:
    assert names.snake(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("createThing", "CreateThing"), ("create_thing", "CreateThing"), ("HTTPServer", "HTTPServer")],
)
def test_pascal(name: str, expected: str) -> None:
    assert names.pascal(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("class", "class_"),
        ("self", "self_"),
        ("list", "list_"),
        ("json", "json_"),
        ("_private", "private"),
        ("_1", "field_1"),
        ("_", "field"),
        ("type", "type"),
    ],
)
def test_attribute(name: str, expected: str) -> None:
    assert names.attribute(name) == expected


def test_no_public_attribute_of_pydantic_is_shadowed() -> None:
    public = {name for name in dir(pydantic.BaseModel) if not name.startswith("_")}
    assert public <= names.PYDANTIC


def test_no_attribute_of_enums_is_shadowed() -> None:
    class Letter(str, enum.Enum):
        A = "A"

    public = {name for name in dir(Letter.A) if not name.startswith("_")} - {"A"}
    assert {names.member(name) for name in public} & public == set()


def test_scope_gives_each_name_once() -> None:
    scope = names.Scope({"a"})
    assert [scope.take(name) for name in ("a", "a", "b", "class_", "class_")] == [
        "a_2",
        "a_3",
        "b",
        "class_",
        "class_2",
    ]
    assert scope.renamed == {"a": "a_3", "class_": "class_2"}


def test_parameter_leaves_room_for_the_client() -> None:
    assert names.parameter("client") == "client_"
