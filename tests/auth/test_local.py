"""The local server's credential file."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from rekuest.auth import LocalCredentials, LocalGrant, load_credentials
from rekuest.errors import AuthError, TransportError
from tests.auth.conftest import SetClock
from tests.auth.endpoint_server import Endpoint


def write(folder: Path, url: str, secret: str = "secret") -> None:
    file = folder / "client.json"
    file.write_text(json.dumps({"url": url, "client_id": "local", "client_secret": secret}))
    file.chmod(0o600)


def test_load_gives_what_the_file_says(tmp_path: Path) -> None:
    write(tmp_path, "http://127.0.0.1:8090")
    expected = LocalCredentials("http://127.0.0.1:8090", "local", "secret")
    assert load_credentials(tmp_path) == expected


def test_no_file_is_none(tmp_path: Path) -> None:
    assert load_credentials(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": 1, "client_id": 2, "client_secret": 3}'])
def test_another_content_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "client.json").write_text(text)
    with pytest.raises(AuthError, match="is not one that a server wrote"):
        load_credentials(tmp_path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "client.json").mkdir()
    with pytest.raises(AuthError, match="cannot read the credential file"):
        load_credentials(tmp_path)


def test_a_file_that_others_can_read_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "http://127.0.0.1:8090")
    (tmp_path / "client.json").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        load_credentials(tmp_path)
    assert "others can read the credential file" in caplog.text


@pytest.mark.anyio
async def test_tokens_come_by_what_the_file_says(
    tmp_path: Path, endpoint: Endpoint, clock: SetClock
) -> None:
    write(tmp_path, endpoint.url)
    assert await LocalGrant(tmp_path).source(endpoint.url, clock).aget_token() == "token-1"


@pytest.mark.anyio
async def test_a_refresh_reads_the_file_again(
    tmp_path: Path, endpoint: Endpoint, clock: SetClock
) -> None:
    write(tmp_path, endpoint.url)
    tokens = LocalGrant(tmp_path).source(endpoint.url, clock)
    await tokens.aget_token()
    write(tmp_path, endpoint.url, "another")
    await tokens.arefresh_token()
    assert [user for _, user, _ in endpoint.requests] == ["local:secret", "local:another"]


@pytest.mark.anyio
async def test_the_file_is_used_for_its_origin_only(
    tmp_path: Path, endpoint: Endpoint, clock: SetClock
) -> None:
    write(tmp_path, "http://127.0.0.1:1")
    with pytest.raises(AuthError, match=r"client.json is for http://127.0.0.1:1\); pass auth="):
        await LocalGrant(tmp_path).source(endpoint.url, clock).aget_token()
    assert endpoint.requests == []


@pytest.mark.anyio
async def test_a_server_without_a_file_asks_for_credentials(
    tmp_path: Path, endpoint: Endpoint, clock: SetClock
) -> None:
    with pytest.raises(AuthError, match=r"no credentials .* \(there is no .*client.json\)"):
        await LocalGrant(tmp_path).source(endpoint.url, clock).aget_token()


@pytest.mark.anyio
async def test_neither_file_nor_server_asks_for_a_server(
    tmp_path: Path, dead_url: str, clock: SetClock
) -> None:
    with pytest.raises(TransportError, match="nothing listens .* start a server"):
        await LocalGrant(tmp_path).source(dead_url, clock).aget_token()


@pytest.mark.anyio
async def test_a_file_that_comes_later_is_found(
    tmp_path: Path, endpoint: Endpoint, clock: SetClock
) -> None:
    tokens = LocalGrant(tmp_path).source(endpoint.url, clock)
    with pytest.raises(AuthError):
        await tokens.aget_token()
    write(tmp_path, endpoint.url)
    assert await tokens.aget_token() == "token-1"
