"""Every legal input that broke a generator: generated, imported, executed, read back."""

import datetime
import decimal
from types import ModuleType
from typing import Any

import pydantic
import pytest

from .hazards_server import Server


@pytest.fixture
def server() -> Server:
    return Server()


def test_condition_on_interface_inside_interface(api: ModuleType, server: Server) -> None:
    found = api.interface_in_interface(client=server)
    assert (found.typename__, found.name, found.price) == ("Bot", None, 4)


def test_interface_fragment_inside_inline_fragment(api: ModuleType, server: Server) -> None:
    user, bot, book, nothing = api.interface_in_object(client=server)
    assert (user.name, user.email) == ("ann", "a@b")
    assert type(bot) is type(book) is api.InterfaceInObjectOther
    assert nothing is None


def test_paths_to_one_object_are_merged(api: ModuleType, server: Server) -> None:
    bot, book = api.merged(client=server)
    assert (bot.owner.typename__, bot.owner.name, bot.owner.email) == ("User", "ann", "a@b")
    assert (bot.id, bot.size.width) == ("b1", 3)
    assert (book.id, book.owner.name) == ("k1", "boo")
    assert not hasattr(book.owner, "email")


def test_interface_fragment_spreads_members(api: ModuleType, server: Server) -> None:
    user, bot, ghost = api.members(client=server)
    assert (user.name, user.email, user.status) == ("ann", "a@b", "ACTIVE")
    assert (bot.name, bot.size.width) == (None, 3)
    assert (ghost.typename__, ghost.name) == ("Ghost", "boo")
    assert isinstance(user, api.UserPart)


@pytest.mark.parametrize("given", [True, False])
def test_directives_on_fragments_make_keys_optional(
    api: ModuleType, server: Server, given: bool
) -> None:
    user = api.conditional(with_=given, without=not given, client=server)
    assert user.name == "ann"
    assert (user.status is None) is not given
    assert ([friend.name for friend in user.friends or ()] == ["ann", "boo"]) is given


def test_type_under_two_conditions(api: ModuleType, server: Server) -> None:
    user, bot, book, _ = api.two_conditions(client=server)
    assert (user.name, user.id, hasattr(user, "price")) == ("ann", "u1", False)
    assert (bot.name, bot.price, bot.id) == (None, 4, "b1")
    assert type(bot) is type(book)


def test_fields_that_meet_in_snake_case(api: ModuleType, server: Server) -> None:
    user = api.labels(client=server)
    assert user.initiative_labels == ["snake"]
    assert user.initiative_labels_2 == ["camel"]


def test_input_field_named_like_its_type(api: ModuleType, server: Server) -> None:
    day = datetime.date(2020, 1, 2)
    assert api.dated(date=api.Date(day=day), day=None, client=server) == "ok"
    assert server.variables == {"value": {"date": {"day": "2020-01-02"}, "day": None}}


def test_nulls_of_lists_survive(api: ModuleType, server: Server) -> None:
    api.echo(["a", None], nested=[[1, None], None], matrix=[[1], []], client=server)
    expected = {"texts": ["a", None], "nested": [[1, None], None], "matrix": [[1], []]}
    assert server.variables == expected


def test_scalars_are_serialized_at_any_place(api: ModuleType, server: Server) -> None:
    ten = decimal.Decimal("10.20")
    api.pay(amounts=[ten, None], day=datetime.date(2020, 1, 1), client=server)
    assert server.variables == {"amounts": ["10.20", None], "day": "2020-01-01"}
    api.pay(amount=ten, amounts=None, client=server)
    assert server.variables == {"amount": "10.20", "amounts": None}
    api.pay(amount=None, client=server)
    assert server.variables == {"amount": None}


def test_scalars_are_parsed(api: ModuleType, server: Server) -> None:
    (book,) = [item for item in api.find(client=server).again or () if item and item.kind == "Book"]
    assert (book.published, book.cost) == (datetime.date(2020, 2, 3), decimal.Decimal("1.50"))


def test_arguments_that_python_has_taken(api: ModuleType, server: Server) -> None:
    api.odd(self_="1", cls_="2", client_="3", from_="4", list_=[5], class_="6", client=server)
    assert server.variables["self"] == "1"
    assert server.variables["client"] == "3"
    assert server.variables["list"] == [5]


@pytest.mark.parametrize("name", ["none", "enums_", "print_", "list_", "class_", "operation_1"])
def test_operations_that_python_has_taken(api: ModuleType, server: Server, name: str) -> None:
    assert getattr(api, name)(client=server) == "ok"


def test_classes_called_like_their_root(api: ModuleType, server: Server) -> None:
    assert api.base_model(client=server).quoted == "ok"
    assert api.model(client=server).id == "u1"


def test_strings_reach_the_server_unchanged(api: ModuleType) -> None:
    texts: list[str] = []

    def quoted(_info: object, text: str = "") -> str:
        texts.append(text)
        return "ok"

    for name in ("none", "enums_", "base_model"):
        getattr(api, name)(client=Server(quoted=quoted))
    assert texts == ['ends with """ and a \\ and a quote " ', "a\\b\"\n'''", "c:\\new\\table"]


def test_fields_that_pydantic_and_python_have_taken(api: ModuleType, server: Server) -> None:
    trap = api.trap(client=server)
    assert (trap.json_, trap.copy_, trap.schema_, trap.model_dump_) == (
        "json!",
        "copy!",
        "schema!",
        "model_dump!",
    )
    assert (trap.class_, trap.none, trap.list_, trap.int_) == ("class!", "None!", [1, None], 5)
    assert (trap.private, trap.self_, trap.typename, trap.type) == (
        "_private!",
        "self!",
        "typename__!",
        "type!",
    )
    assert (trap.date, trap.any) == (datetime.date(2021, 1, 1), {"x": None})


@pytest.mark.parametrize("value", ["ACTIVE", "_x_", "mro", "None", "name", "title", "class", "_1"])
def test_enum_members_that_python_has_taken(api: ModuleType, value: str) -> None:
    assert api.Status(value) == value
    assert api.Status(value) in list(api.Status)


def test_introspection_at_the_root(api: ModuleType, server: Server) -> None:
    found = api.introspect(client=server)
    assert found.typename__ == "Query"
    assert (found.type.kind, found.type.fields[0].name) == (api.TypeKind.OBJECT, "id")


def parsed(api: ModuleType, name: str, data: dict[str, Any]) -> Any:
    return api.operations.OPERATIONS[name].parse(data)


def test_unknown_enum_value_survives(api: ModuleType) -> None:
    data = {"user": {"status": "RETIRED"}, "actor": None}
    status = parsed(api, "Newer", data).user.status
    assert (status, status.value, isinstance(status, api.Status)) == ("RETIRED", "RETIRED", True)
    dumped = parsed(api, "Newer", data).model_dump_json()
    assert '"status":"RETIRED"' in dumped


def test_unknown_type_survives(api: ModuleType) -> None:
    actor = {"__typename": "Alien", "name": "zz", "email": 5}
    result = parsed(api, "Newer", {"user": {"status": "ACTIVE"}, "actor": actor})
    assert (result.actor.typename__, result.actor.name) == ("Alien", "zz")


def test_malformed_known_type_is_an_error(api: ModuleType) -> None:
    actor = {"__typename": "User", "name": "zz", "email": 5}
    with pytest.raises(pydantic.ValidationError, match="email"):
        parsed(api, "Newer", {"user": {"status": "ACTIVE"}, "actor": actor})


def test_fragment_on_a_union(api: ModuleType, server: Server) -> None:
    result = api.find(client=server)
    user, bot, book, nothing = result.found
    assert isinstance(user, api.FoundPartUser)
    assert (bot.price, book.typename__, nothing) == (4, "Book", None)


def test_single_fragment_is_the_type(api: ModuleType, server: Server) -> None:
    assert type(api.get_user(client=server)) is api.UserPart


def test_subclass_of_several_fragments(api: ModuleType, server: Server) -> None:
    user = api.same(client=server)
    assert isinstance(user, api.WithFriends)
    assert isinstance(user, api.UserPart)
    assert type(user.friends[0]) is api.WithFriendsFriends


def test_wider_selection_is_no_subclass(api: ModuleType, server: Server) -> None:
    assert not isinstance(api.wider(client=server), api.WithFriends)


def test_only_variable_is_flattened(api: ModuleType, server: Server) -> None:
    api.filtered(self_="s", and_=[api.Filter(list=[1])], money=None, client=server)
    assert server.variables == {"filter": {"self": "s", "and": [{"list": [1]}], "money": None}}


def test_one_of_takes_exactly_one(api: ModuleType, server: Server) -> None:
    assert api.keyed(name="x", client=server) == "ok"
    with pytest.raises(pydantic.ValidationError, match="exactly one field"):
        api.keyed(name="x", id="1", client=server)


def test_unknown_input_field_is_refused(api: ModuleType) -> None:
    with pytest.raises(pydantic.ValidationError, match="nope"):
        api.Filter(nope=1)


def test_unset_is_left_out_of_inputs(api: ModuleType) -> None:
    given = api.Filter(self=api.UNSET, labels=["a", None])
    assert given.model_dump(by_alias=True, exclude_unset=True) == {"labels": ["a", None]}


def test_text_of_unset_is_a_text(api: ModuleType) -> None:
    assert api.Filter(self="UNSET").self_ == "UNSET"


def test_models_are_frozen(api: ModuleType, server: Server) -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        api.get_user(client=server).email = "x"


def test_sync_subscription(api: ModuleType, server: Server) -> None:
    assert list(api.ticks(3, client=server)) == [0, 1, 2]


@pytest.mark.anyio
async def test_async_faces(api: ModuleType, server: Server) -> None:
    assert [item async for item in api.aticks(2, client=server)] == [0, 1]
    assert [item.email async for item in api.ausers(client=server)] == ["a@b"] * 3
    assert (await api.arename("1", name="x", client=server)).name == "ann"


def test_every_name_can_be_had(api: ModuleType) -> None:
    assert [name for name in api.__all__ if getattr(api, name, None) is None] == []
    assert set(api.__all__) <= set(dir(api))
