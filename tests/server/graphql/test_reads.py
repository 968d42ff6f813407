"""What can be read, and by whom."""

from __future__ import annotations

import pytest

from tests.server.graphql.world import NOW, World

pytestmark = pytest.mark.anyio


async def test_the_server_says_what_it_keeps_to(world: World) -> None:
    data = await world.data(
        "{ server { protocolVersion durability policy leaseDuration connectedAgents startedAt"
        " limits { frameBytes depth messages openCalls queuedCalls } } }"
    )
    assert data["server"]["protocolVersion"] == 1
    assert data["server"]["durability"] == "POWER"
    assert data["server"]["policy"] == "OWN"
    assert data["server"]["connectedAgents"] == 1
    assert data["server"]["startedAt"] == "2027-01-15T08:00:00+00:00"
    assert data["server"]["limits"]["frameBytes"] == 1 << 20


async def test_me(world: World) -> None:
    data = await world.data(
        "{ me { app user { name } organization { identifier } client { name clientId owner { name } } } }"
    )
    assert data["me"] == {
        "app": None,
        "user": {"name": "admin"},
        "organization": {"identifier": "local"},
        "client": {
            "name": "admin's",
            "clientId": world.admin.row.client_id,
            "owner": {"name": "admin"},
        },
    }


async def test_a_node_shows_the_words_of_its_template(world: World) -> None:
    data = await world.data(
        '{ node(id: "node-1") { name title description isCallable ports { key default '
        "constraints { kind value } choices { key } widget { __typename ... on SliderWidget { maximum step } } } } }"
    )
    assert data["node"] == {
        "name": "greet",
        "title": "Greet somebody",
        "description": "Says hello.",
        "isCallable": True,
        "ports": [
            {
                "key": "x",
                "default": None,
                "constraints": [{"kind": "GE", "value": 0}],
                "choices": None,
                "widget": {"__typename": "SliderWidget", "maximum": 9.0, "step": None},
            }
        ],
    }


async def test_a_node_is_found_by_hash(world: World) -> None:
    query = "query($hash: Hash) { node(hash: $hash) { id } }"
    assert await world.data(query, {"hash": "1" * 64}) == {"node": {"id": "node-1"}}
    assert await world.data(query, {"hash": "2" * 64}) == {"node": None}
    assert (await world.refusal("{ node { id } }"))["extensions"]["code"] == "INVALID_INPUT"


async def test_a_template_shows_what_was_declared(world: World) -> None:
    data = await world.data(
        '{ template(id: "template-1") { interface title concurrency labels isPausable isDeclared maxInstances'
        " app { identifier owner { name } } node { hash } agents { instanceId } } }"
    )
    assert data["template"] == {
        "interface": "greet",
        "title": "Greet somebody",
        "concurrency": 2,
        "labels": ["cpu"],
        "isPausable": False,
        "isDeclared": True,
        "maxInstances": None,
        "app": {"identifier": "app1", "owner": {"name": "admin"}},
        "node": {"hash": "1" * 64},
        "agents": [{"instanceId": "lab"}],
    }


async def test_apps_agents_provisions(world: World) -> None:
    data = await world.data(
        "{ apps { items { identifier agents { items { status templates { interface }"
        " provisions { items { status credits runningCalls template { id } agent { id } } } } }"
        " templates { items { id } } } } }"
    )
    provision = {
        "status": "ACTIVE",
        "credits": 2,
        "runningCalls": 0,
        "template": {"id": "template-1"},
        "agent": {"id": "agent-1"},
    }
    agent = {
        "status": "CONNECTED",
        "templates": [{"interface": "greet"}],
        "provisions": {"items": [provision]},
    }
    app = {"identifier": "app1", "agents": {"items": [agent]}}
    assert data["apps"]["items"] == [{**app, "templates": {"items": [{"id": "template-1"}]}}]


async def test_a_reservation_with_its_decisions(world: World) -> None:
    data = await world.data(
        '{ reservation(id: "reservation-1") { status strategy app user { name } node { name }'
        " decisions { action reason } provisions { id } assignations { items { reference } } } }"
    )
    assert data["reservation"]["decisions"] == [{"action": "link", "reason": "it is there"}]
    assert data["reservation"]["node"] == {"name": "greet"}
    assert len(data["reservation"]["assignations"]["items"]) == 2


async def test_a_call_with_all_that_belongs_to_it(world: World) -> None:
    data = await world.data(
        '{ assignation(id: "call-1") { status args returns user { name } reservation { id } provision { id }'
        " progress { done message } logs { message level at } events { number kind attempt returns log { message } }"
        " children { items { id parent { id } } } parent { id } createdAt } }"
    )
    assert data["assignation"] == {
        "status": "QUEUED",
        "args": {"x": None},
        "returns": None,
        "user": {"name": "admin"},
        "reservation": {"id": "reservation-1"},
        "provision": None,
        "progress": {"done": 0.5, "message": "half"},
        "logs": [{"message": "hello", "level": "INFO", "at": "2027-01-15T08:00:00+00:00"}],
        "events": [{"number": 1, "kind": "QUEUED", "attempt": 0, "returns": None, "log": None}],
        "children": {"items": [{"id": "child-1", "parent": {"id": "call-1"}}]},
        "parent": None,
        "createdAt": "2027-01-15T08:00:00+00:00",
    }


async def test_calls_are_filtered_and_sorted(world: World) -> None:
    query = "query($filter: AssignationFilter) { assignations(filter: $filter) { items { id } } }"
    roots = await world.data(query, {"filter": {"isRoot": True, "status": ["QUEUED"]}})
    assert roots["assignations"]["items"] == [{"id": "call-1"}]
    later = await world.data(query, {"filter": {"createdAfter": "2027-01-15T09:00:00+00:00"}})
    assert later["assignations"]["items"] == []
    earlier = await world.data(query, {"filter": {"createdBefore": "2027-01-15T10:00:00+01:00"}})
    assert len(earlier["assignations"]["items"]) == 2


async def test_pages_follow_their_cursor(world: World) -> None:
    query = (
        "query($after: String) { assignations(first: 1, after: $after, order: {direction: ASC})"
        " { items { id } pageInfo { endCursor hasNextPage } } }"
    )
    first = (await world.data(query))["assignations"]
    assert first["pageInfo"]["hasNextPage"]
    second = (await world.data(query, {"after": first["pageInfo"]["endCursor"]}))["assignations"]
    assert not second["pageInfo"]["hasNextPage"]
    assert {first["items"][0]["id"], second["items"][0]["id"]} == {"call-1", "child-1"}


@pytest.mark.parametrize(
    "field",
    [
        "apps(first: 201) { items { id } }",
        "apps(first: -1) { items { id } }",
        'apps(after: "nonsense") { items { id } }',
        'assignation(id: "call-1") { events(first: 1000) { number } }',
        'assignation(id: "call-1") { logs(first: 1000) { message } }',
        'reservation(id: "reservation-1") { decisions(first: 1000) { action } }',
    ],
)
async def test_what_a_page_cannot_be(world: World, field: str) -> None:
    error = await world.refusal(f"{{ {field} }}")
    assert error["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    "field",
    [
        'app(id: "app-2") { id }',
        'agent(id: "agent-2") { id }',
        'node(id: "node-2") { id }',
        'template(id: "template-2") { id }',
        'provision(id: "provision-2") { id }',
        'reservation(id: "reservation-2") { id }',
        'assignation(id: "call-2") { id }',
    ],
)
async def test_what_is_anothers_looks_like_nothing(world: World, field: str) -> None:
    name = field.partition("(")[0]
    assert await world.data(f"{{ {field} }}") == {name: None}
    own = await world.data(f"{{ {field.replace('-2', '-1')} }}")
    assert own[name] is not None


async def test_structures_and_users(world: World) -> None:
    data = await world.data(
        '{ structures(search: "IMAGE1") { items { identifier description } }'
        ' structure(identifier: "@lab/image1") { id } users(filter: {search: "adm"}) { items { name isService } }'
        " organization { name } clients { items { name revokedAt } } }"
    )
    assert data["structures"]["items"] == [{"identifier": "@lab/image1", "description": "An image"}]
    assert data["users"]["items"] == [{"name": "admin", "isService": False}]
    assert data["clients"]["items"] == [{"name": "admin's", "revokedAt": None}]


async def test_a_list_reads_what_belongs_to_its_items_together(world: World) -> None:
    """Fault: one query an item.  Three calls, nodes and users are read once each."""
    reads = world.store.read.nodes
    seen: list[set[str]] = []
    original = reads.get_many

    async def counted(ids: object, **viewer: object) -> object:
        seen.append(set(ids))  # type: ignore[call-overload]  # ids of nodes
        return await original(ids, **viewer)  # type: ignore[arg-type]  # passed on as they are

    reads.get_many = counted  # type: ignore[method-assign,assignment]  # counts, then does the same
    await world.data("{ assignations { items { node { name title } user { name } } } }")
    assert seen == [{"node-1"}]
    assert world.clock.now() == NOW


async def test_contracts_are_ordered(world: World) -> None:
    data = await world.data(
        "{ provisions(order: {by: CHANGED_AT, direction: ASC}) { items { id } }"
        " reservations(order: {direction: ASC}) { items { id } } }"
    )
    assert data["provisions"]["items"] == [{"id": "provision-1"}]
    assert data["reservations"]["items"] == [{"id": "reservation-1"}]


async def test_users_and_structures_are_ordered(world: World) -> None:
    data = await world.data(
        "{ up: users { items { name } } down: users(order: {direction: DESC}) { items { name } }"
        " structures(order: {by: CREATED_AT, direction: DESC}) { items { identifier } } }"
    )
    assert data["down"]["items"] == data["up"]["items"][::-1]
    assert len(data["up"]["items"]) > 1
    assert data["structures"]["items"][0] == {"identifier": "@lab/image2"}


async def test_clients_are_ordered_and_filtered(world: World) -> None:
    made = 'mutation { createClient(input: {name: "laptop"}) { client { id } } }'
    id = (await world.data(made))["createClient"]["client"]["id"]
    await world.data(f'mutation {{ revokeClient(input: {{id: "{id}"}}) {{ client {{ id }} }} }}')
    data = await world.data(
        "{ named: clients(order: {by: NAME, direction: ASC}) { items { name } }"
        ' found: clients(filter: {search: "LAP", isRevoked: true}) { items { name } }'
        " good: clients(filter: {isRevoked: false}) { items { name } } }"
    )
    admins, laptop = {"name": "admin's"}, {"name": "laptop"}
    assert data["named"]["items"] == [admins, laptop]
    assert (data["found"]["items"], data["good"]["items"]) == ([laptop], [admins])


async def test_clients_are_paged_in_their_order(world: World) -> None:
    await world.data('mutation { createClient(input: {name: "laptop"}) { client { id } } }')
    query = (
        "query($after: String) { clients(order: {by: NAME, direction: DESC}, first: 1, after: $after)"
        " { items { name } pageInfo { endCursor hasNextPage } } }"
    )
    first = (await world.data(query))["clients"]
    second = (await world.data(query, {"after": first["pageInfo"]["endCursor"]}))["clients"]
    assert [page["items"][0]["name"] for page in (first, second)] == ["laptop", "admin's"]
    assert not second["pageInfo"]["hasNextPage"]
