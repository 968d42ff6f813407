"""Concepts that are in the schema and come with a later version.  The lists shrink; in the end they are empty."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    validate,
    visit,
)

from rekuest.server.graphql.names import LATER, ROOTS
from rekuest.server.graphql.resolvers import RESOLVERS
from rekuest.server.graphql.schema import executable_schema
from tests.server.graphql.world import World

ROOT_FIELDS = {
    "Query": {"audit", "explainAccess", "grants", "groups", "roles"},
    "Mutation": {
        "blockAgent",
        "blockApp",
        "blockUser",
        "changeGroup",
        "changeRoles",
        "createGroup",
        "deleteGroup",
        "grant",
        "pause",
        "provide",
        "resume",
        "revoke",
        "setObjectPolicy",
        "setServerPolicy",
        "step",
        "unblockAgent",
        "unblockApp",
        "unblockUser",
        "unprovide",
    },
    "Subscription": set[str](),
}
OBJECT_FIELDS = {"Me": {"roles"}, "User": {"groups", "roles"}}
OPERATIONS = Path(__file__).parents[3] / "schema" / "operations"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """Return the bound schema."""
    return executable_schema(*RESOLVERS)


def unbound(schema: GraphQLSchema, root: str) -> set[str]:
    """Return the fields of a root type that answer `NOT_IMPLEMENTED`."""
    kind = schema.type_map[root]
    assert isinstance(kind, GraphQLObjectType)
    return {
        name
        for name, field in kind.fields.items()
        if field.resolve is not None and field.resolve.__qualname__.startswith("_later")
    }


@pytest.mark.parametrize("root", ROOTS)
def test_exactly_these_root_fields_come_later(schema: GraphQLSchema, root: str) -> None:
    assert unbound(schema, root) == ROOT_FIELDS[root]


def test_exactly_these_fields_of_objects_come_later() -> None:
    assert {kind: set(fields) for kind, fields in LATER.items()} == OBJECT_FIELDS


def test_every_field_has_a_resolver(schema: GraphQLSchema) -> None:
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            assert all(field.resolve for field in kind.fields.values()), kind.name
        if isinstance(kind, GraphQLUnionType):
            assert kind.resolve_type is not None


@pytest.mark.anyio
async def test_a_query_that_comes_later_names_its_concept(world: World) -> None:
    error = await world.refusal("{ groups { items { id } } }")
    assert error["extensions"] == {"code": "NOT_IMPLEMENTED", "concept": "groups"}
    assert error["path"] == ["groups"]
    assert "'groups' is in the schema" in error["message"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "field",
    [
        'groups(filter: {search: "g"}, order: {by: NAME, direction: DESC})',
        "grants(order: {by: CREATED_AT, direction: ASC})",
        "audit(order: {by: AT, direction: ASC})",
    ],
)
async def test_a_list_that_comes_later_takes_its_order_already(world: World, field: str) -> None:
    error = await world.refusal(f"{{ {field} {{ items {{ id }} }} }}")
    assert error["extensions"]["code"] == "NOT_IMPLEMENTED"


@pytest.mark.anyio
async def test_data_is_null_only_up_to_the_nearest_nullable_parent(world: World) -> None:
    answer = await world.ask(
        '{ app(id: "app-1") { identifier owner { roles { id } } } organization { name } }'
    )
    assert answer["data"] is not None
    assert answer["data"] == {"app": None, "organization": {"name": "Local"}}
    assert answer["errors"][0]["extensions"]["concept"] == "User.roles"


@pytest.mark.anyio
async def test_a_mutation_that_comes_later(world: World) -> None:
    error = await world.refusal('mutation { pause(input: {id: "call-1"}) { assignation { id } } }')
    assert error["extensions"]["code"] == "NOT_IMPLEMENTED"


@pytest.mark.anyio
async def test_a_filter_that_comes_later(world: World) -> None:
    error = await world.refusal('{ users(filter: {group: "g"}) { items { id } } }')
    assert error["extensions"] == {"code": "NOT_IMPLEMENTED", "concept": "UserFilter.group"}


def test_our_operations_fit_the_schema(schema: GraphQLSchema) -> None:
    text = "\n".join(path.read_text() for path in sorted(OPERATIONS.glob("*.graphql")))
    assert validate(schema, parse(text)) == []


class LaterFields(Visitor):
    """Collects the fields of objects that a document selects although they come later."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.found: list[str] = []
        self._types = types

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Look one field up."""
        parent = self._types.get_parent_type()
        if parent is not None and node.name.value in LATER.get(parent.name, ()):
            self.found.append(f"{parent.name}.{node.name.value}")


def test_our_operations_select_no_such_field_below_the_root(schema: GraphQLSchema) -> None:
    for path in OPERATIONS.glob("*.graphql"):
        types = TypeInfo(schema)
        later = LaterFields(types)
        visit(parse(path.read_text()), TypeInfoVisitor(types, later))
        assert later.found == [], path.name
