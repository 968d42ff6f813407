"""Tokens by client id and secret."""

from __future__ import annotations

import asyncio

import pytest

from rekuest.auth import ClientCredentialsGrant, TokenSource
from rekuest.errors import AuthError, TransportError, UsageError
from tests.auth.conftest import SetClock
from tests.auth.endpoint_server import Endpoint

pytestmark = pytest.mark.anyio


def source(endpoint: Endpoint, clock: SetClock) -> TokenSource:
    return ClientCredentialsGrant("lab:1", "s/ecret").source(endpoint.url, clock)


async def test_asks_with_the_secret_in_the_header(endpoint: Endpoint, clock: SetClock) -> None:
    assert await source(endpoint, clock).aget_token() == "token-1"
    assert endpoint.requests == [
        ("/oauth/token", "lab%3A1:s%2Fecret", {"grant_type": ["client_credentials"]})
    ]


async def test_keeps_a_token_until_it_is_about_to_expire(
    endpoint: Endpoint, clock: SetClock
) -> None:
    tokens = source(endpoint, clock)
    assert [await tokens.aget_token(), await tokens.aget_token()] == ["token-1", "token-1"]
    clock.at += 3600 * 0.89
    assert await tokens.aget_token() == "token-1"
    clock.at += 3600 * 0.02
    assert await tokens.aget_token() == "token-2"


async def test_keeps_a_token_of_unknown_life(endpoint: Endpoint, clock: SetClock) -> None:
    endpoint.lasts = None
    tokens = source(endpoint, clock)
    await tokens.aget_token()
    clock.at += 1e6
    assert await tokens.aget_token() == "token-1"


async def test_refresh_gets_a_new_one(endpoint: Endpoint, clock: SetClock) -> None:
    tokens = source(endpoint, clock)
    await tokens.aget_token()
    assert await tokens.arefresh_token() == "token-2"
    assert await tokens.aget_token() == "token-2"


async def test_those_who_refresh_at_once_share_one_request(
    endpoint: Endpoint, clock: SetClock
) -> None:
    tokens = source(endpoint, clock)
    await tokens.aget_token()
    fresh = await asyncio.gather(*(tokens.arefresh_token() for _ in range(10)))
    assert set(fresh) == {"token-2"}


async def test_a_wrong_secret_is_an_auth_error(endpoint: Endpoint, clock: SetClock) -> None:
    endpoint.status, endpoint.answer = 401, {"error": "invalid_client"}
    with pytest.raises(AuthError) as error:
        await source(endpoint, clock).aget_token()
    assert str(error.value) == (
        f"the server at {endpoint.url} does not accept client 'lab:1' (invalid_client); check "
        "client_id and client_secret, or add a client with `rekuest clients add NAME`"
    )


@pytest.mark.parametrize("status", [404, 429, 500, 503])
async def test_a_server_in_trouble_is_a_transport_error(
    endpoint: Endpoint, clock: SetClock, status: int
) -> None:
    endpoint.status = status
    with pytest.raises(TransportError, match=f"answers HTTP {status} instead of a token"):
        await source(endpoint, clock).aget_token()


async def test_an_answer_without_a_token_is_a_transport_error(
    endpoint: Endpoint, clock: SetClock
) -> None:
    endpoint.answer = {"access_token": 5}
    with pytest.raises(TransportError, match="instead of a token"):
        await source(endpoint, clock).aget_token()


async def test_without_a_server_the_error_says_how_to_start_one(
    dead_url: str, clock: SetClock
) -> None:
    port = dead_url.rsplit(":", 1)[1]
    with pytest.raises(TransportError, match=f"{dead_url}; .* `rekuest server --port {port}`"):
        await ClientCredentialsGrant("a", "b").source(dead_url, clock).aget_token()


def test_neither_id_nor_secret_may_be_empty() -> None:
    with pytest.raises(UsageError, match="rekuest clients add NAME"):
        ClientCredentialsGrant("lab", "")


def test_the_secret_is_not_shown() -> None:
    assert "s/ecret" not in repr(ClientCredentialsGrant("lab", "s/ecret"))
