"""Wire unions: messages as Python classes."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pydantic
import pytest

from rekuest_codegen.generate import generate
from rekuest_codegen.settings import read_settings
from rekuest_codegen.write import write

SCHEMA = """
type Query { a: Int }
scalar Args
enum Mode { FAST SLOW }
"What goes up."
union Up = Hello | Put
union Down = Put | Tree
type Hello { "Who." userName: String! mode: Mode class: String }
type Put { id: ID! args: Args value: Args! ports: [Port!]! shape: Shape }
type Port { key: String! default: Args }
type Tree { left: Tree right: [Tree] }
interface Shape { area: Float! }
type Circle implements Shape { area: Float! radius: Float! }
type Square implements Shape { area: Float! side: Float }
"""
TABLE = """[tool.rekuest-codegen]
schema = "schema.graphql"
output = "wire_api"
wire_unions = ["Up", "Down"]
scalars = { Args = "dict[str, typing.Any]" }
"""


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder: Path = tmp_path_factory.mktemp("wire")
    (folder / "schema.graphql").write_text(SCHEMA)
    (folder / "pyproject.toml").write_text(TABLE)
    generated = generate(read_settings(folder / "pyproject.toml"))
    write(generated.folder, generated.files)
    sys.path.insert(0, str(folder))
    yield importlib.import_module("wire_api.wire")
    sys.path.remove(str(folder))


def test_message_carries_its_tag(wire: ModuleType) -> None:
    dumped = wire.Hello(user_name="ann").model_dump_json(exclude_none=True)
    assert json.loads(dumped) == {"__typename": "Hello", "userName": "ann"}


def test_tables_find_classes(wire: ModuleType) -> None:
    assert {"Hello": wire.Hello, "Put": wire.Put} == wire.UPS
    assert {"Put": wire.Put, "Tree": wire.Tree} == wire.DOWNS


def test_read_what_was_written(wire: ModuleType) -> None:
    put = wire.Put(
        id="1",
        value={"a": None, "b": [None, {"c": None}]},
        ports=[wire.Port(key="k")],
        shape=wire.Square(area=1.0, side=None),
    )
    text = put.model_dump_json(exclude_none=True)
    assert wire.UPS["Put"].model_validate_json(text) == put


def test_null_inside_values_survives(wire: ModuleType) -> None:
    put = wire.Put(id="1", value={"a": None, "b": [None, {"c": None}]}, ports=[])
    value = json.loads(put.model_dump_json(exclude_none=True))["value"]
    assert value == {"a": None, "b": [None, {"c": None}]}
    assert put.model_dump(exclude_none=True)["value"] == value


def test_values_carry_no_tag_but_members_do(wire: ModuleType) -> None:
    put = wire.Put(
        id="1", value={}, ports=[wire.Port(key="k")], shape=wire.Circle(area=1, radius=2)
    )
    dumped = json.loads(put.model_dump_json(exclude_none=True))
    assert dumped["ports"] == [{"key": "k"}]
    assert dumped["shape"] == {"__typename": "Circle", "area": 1.0, "radius": 2.0}


def test_newer_peers_are_understood(wire: ModuleType) -> None:
    hello = wire.Hello.model_validate({"userName": "a", "mode": "WARP", "more": 1})
    assert (hello.mode, type(hello.mode).__name__) == ("WARP", "Mode")
    assert json.loads(hello.model_dump_json())["mode"] == "WARP"


def test_types_may_hold_themselves(wire: ModuleType) -> None:
    tree = wire.Tree.model_validate({"left": {"right": [{}, None]}})
    assert tree.left.right == [wire.Tree(), None]


def test_messages_are_frozen(wire: ModuleType) -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        wire.Hello(user_name="a").mode = None


def test_match(wire: ModuleType) -> None:
    match wire.Hello(user_name="a"):
        case wire.Hello(user_name=name):
            assert name == "a"
        case _:
            pytest.fail("no match")
