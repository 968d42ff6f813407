"""Media types, status codes and bounds of GraphQL over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from rekuest.server.graphql.media import JSON_TYPE, RESPONSE_TYPE, is_json, negotiate
from tests.server.graphql.world import World, open_world

pytestmark = pytest.mark.anyio
QUERY = {"query": "{ organization { name } }"}


async def post(
    world: World, body: Any = None, *, token: str | None = None, **headers: str
) -> httpx.Response:
    """Send a request; `body` is JSON, or the bytes themselves."""
    async with world.client(token) as http:
        sent = {"content-type": "application/json"}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        content: dict[str, Any] = (
            {"content": body} if isinstance(body, bytes) else {"json": body or QUERY}
        )
        return await http.post("/graphql", headers=sent, **content)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON_TYPE),
        ("", JSON_TYPE),
        ("*/*", JSON_TYPE),
        ("application/*", JSON_TYPE),
        ("application/json", JSON_TYPE),
        (RESPONSE_TYPE, RESPONSE_TYPE),
        (f"{RESPONSE_TYPE}, application/json;q=0.9", RESPONSE_TYPE),
        (f"application/json, {RESPONSE_TYPE}", RESPONSE_TYPE),
        (f"{RESPONSE_TYPE};q=0.1, application/json", JSON_TYPE),
        (f"{RESPONSE_TYPE}; charset=utf-8", RESPONSE_TYPE),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=x", None),
    ],
)
async def test_the_media_type_is_what_the_client_takes(
    accept: str | None, media: str | None
) -> None:
    assert negotiate(accept) == media


@pytest.mark.parametrize(
    ("kind", "fits"),
    [
        ("application/json", True),
        ("Application/JSON; charset=UTF-8", True),
        ("application/json; charset=latin-1", False),
        ("text/plain", False),
        ("application/x-www-form-urlencoded", False),
        (None, False),
    ],
)
async def test_the_body_must_say_that_it_is_json(kind: str | None, fits: bool) -> None:
    assert is_json(kind) == fits


async def test_an_answer(world: World) -> None:
    answer = await post(world)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {"data": {"organization": {"name": "Local"}}}


@pytest.mark.parametrize(
    "request_",
    [{"query": "{"}, {"query": "{ nonsense }"}, {"query": "subscription { server { version } }"}],
    ids=["syntax", "validation", "a subscription"],
)
async def test_a_document_that_is_wrong(world: World, request_: Any) -> None:
    old = await post(world, request_)
    assert (old.status_code, "data" in old.json()) == (200, False)
    new = await post(world, request_, accept=RESPONSE_TYPE)
    assert (new.status_code, "data" in new.json()) == (400, False)
    assert new.headers["content-type"] == f"{RESPONSE_TYPE}; charset=utf-8"
    assert new.json()["errors"][0]["extensions"]["code"] == "BAD_MESSAGE"


async def test_variables_that_are_wrong_refuse_the_request(world: World) -> None:
    request_ = {"query": "query($id: ID!) { app(id: $id) { id } }"}
    answer = await post(world, request_, accept=RESPONSE_TYPE)
    assert (answer.status_code, "data" in answer.json()) == (400, False)


async def test_a_field_that_fails_does_not_refuse_the_request(world: World) -> None:
    answer = await post(world, {"query": "{ roles { id } }"}, accept=RESPONSE_TYPE)
    assert answer.status_code == 200
    assert answer.json()["data"] is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b'[{"query": "{ __typename }"}]',
        b'{"query": 1}',
        b'{"query": " "}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "query": "{ __typename }"}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 100_000 + b"}}",
    ],
)
async def test_a_body_that_is_no_request(world: World, body: bytes) -> None:
    answer = await post(world, body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_MESSAGE"


async def test_fault_61_only_json_by_post(world: World) -> None:
    async with world.client() as http:
        got = await http.get("/graphql", params={"query": "{ __typename }"})
        assert (got.status_code, got.headers["allow"]) == (405, "POST")
        assert (await http.put("/graphql", json=QUERY)).status_code == 405
        assert (await http.post("/graphql", data=QUERY)).status_code == 415
    answer = await post(world, content_type="text/plain")
    assert answer.status_code == 415


async def test_nothing_is_answered_in_an_unknown_type(world: World) -> None:
    assert (await post(world, accept="text/html")).status_code == 406


async def test_a_body_that_is_too_large(world: World) -> None:
    answer = await post(world, b'{"query": "' + b"a" * (1 << 20) + b'"}')
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer x", "Basic eDp4"])
async def test_nobody_gets_nothing(world: World, authorization: str | None) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    answer = await post(world, token="", **headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_ends(world: World) -> None:
    await world.clock.advance(3600 + 61)
    assert (await post(world)).status_code == 401


async def test_fault_60_introspection_and_suggestions_are_off(world: World) -> None:
    assert "errors" in (await post(world, {"query": "{ __schema { types { name } } }"})).json()
    (error,) = (await post(world, {"query": "{ organizatio { name } }"})).json()["errors"]
    assert "organization" not in error["message"]


async def test_dev_mode_shows_more(tmp_path: Path, anyio_backend: str) -> None:
    async with open_world(tmp_path, dev=True) as world:
        found = (await post(world, {"query": "{ __schema { queryType { name } } }"})).json()
        assert found == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
        (error,) = (await post(world, {"query": "{ organizatio { name } }"})).json()["errors"]
        assert "Did you mean" in error["message"]
        async with world.client("") as http:
            page = await http.get("/graphql", headers={"accept": "text/html"})
            assert page.text == "<html></html>"
            assert "script-src 'self'" in page.headers["content-security-policy"]
            assert (await http.get("/graphql")).status_code == 405
