"""The token endpoint.  Source: RFC 6749, 2.3.1, 4.4 and 5."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

from rekuest.errors import ServerError
from rekuest.server.identity.local import LocalCredentials
from tests.server.http.conftest import Whole

pytestmark = pytest.mark.anyio
GRANT = {"grant_type": "client_credentials"}


def in_body(credentials: LocalCredentials) -> dict[str, str]:
    """Return a form with the credentials."""
    given = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    return {**GRANT, **given}


def basic(client_id: str, secret: str) -> dict[str, str]:
    """Return a header with credentials, encoded as the RFC wants it."""
    text = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


async def post(
    whole: Whole, form: Any, path: str = "/oauth/token", **headers: str
) -> httpx.Response:
    """Send a form."""
    async with whole.http() as http:
        return await http.post(path, data=form, headers=headers)


async def test_the_secret_in_header_body_or_both(whole: Whole) -> None:
    local = whole.running.credentials
    header = basic(local.client_id, local.client_secret)
    answers = [
        await post(whole, GRANT, **header),
        await post(whole, in_body(local)),
        await post(whole, in_body(local), **header),
        await post(whole, in_body(local), "/oauth/token/"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        token = answer.json()
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
        principal = await whole.running.identity.authenticate(token["access_token"])
        assert principal.user_name == "admin"


async def test_wrong_credentials_all_look_alike(whole: Whole) -> None:
    local = whole.running.credentials
    wrong = [
        await post(whole, GRANT),
        await post(whole, {**in_body(local), "client_secret": "wrong"}),
        await post(whole, {**in_body(local), "client_id": "nobody"}),
        await post(whole, GRANT, **basic(local.client_id, "wrong")),
        await post(whole, GRANT, authorization="Basic !!!"),
        await post(whole, GRANT, authorization="Basic eA=="),
        await post(whole, GRANT, authorization="Bearer x"),
    ]
    for answer in wrong:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert answer.json()["error"] == "invalid_client"


async def test_header_and_body_must_agree(whole: Whole) -> None:
    local = whole.running.credentials
    answer = await post(whole, in_body(local), **basic(local.client_id, "other"))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, "invalid_request"),
        ({"grant_type": ""}, "unsupported_grant_type"),
    ],
)
async def test_requests_of_a_wrong_form(whole: Whole, form: Any, error: str) -> None:
    answer = await post(whole, form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_only_a_small_form_by_post(whole: Whole) -> None:
    async with whole.http() as http:
        assert (await http.get("/oauth/token")).status_code == 405
        assert (await http.post("/oauth/token", json=GRANT)).status_code == 400
        large = await http.post("/oauth/token", data={**GRANT, "x": "x" * 20_000})
        assert large.status_code == 413


async def test_a_revoked_client_and_a_blocked_user_get_no_token(whole: Whole) -> None:
    identity = whole.running.identity
    principal = await identity.authenticate(await whole.token())
    made = await identity.create_client(principal, name="gone")
    await identity.revoke_client(principal, made.row.id)
    form = {**GRANT, "client_id": made.row.client_id, "client_secret": made.secret}
    assert (await post(whole, form)).json()["error"] == "invalid_client"


async def test_a_client_that_is_bound_to_an_app_is_no_other(whole: Whole) -> None:
    identity = whole.running.identity
    principal = await identity.authenticate(await whole.token())
    made = await identity.create_client(principal, name="bound", app="mine")
    issued = await identity.issue(made.row.client_id, made.secret)
    assert issued is not None
    assert (await identity.authenticate(issued.access_token)).app == "mine"
    assert (await identity.authenticate(issued.access_token, "mine")).app == "mine"
    with pytest.raises(ServerError) as caught:
        await identity.authenticate(issued.access_token, "other")
    assert caught.value.code == "FORBIDDEN"
