"""Faults 62 and 63 of the catalogue: pages of other sites, and names that are not the server's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.http.conftest import Whole, open_whole
from tests.server.websocket import Closed, connect

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1234", "[::1]:8090", "LOCALHOST"])
async def test_names_of_this_machine(whole: Whole, host: str) -> None:
    async with whole.http(host=host) as http:
        assert (await http.get("/livez")).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:8090", "", "192.168.1.5", "[bad"]
)
async def test_fault_63_other_names(whole: Whole, host: str) -> None:
    async with whole.http(host=host) as http:
        assert (await http.get("/livez")).status_code == 403


async def test_more_names_can_be_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anyio_backend: str
) -> None:
    monkeypatch.setenv("REKUEST_ALLOWED_HOSTS", "rekuest.lab, other.lab")
    async with open_whole(tmp_path) as whole, whole.http(host="rekuest.lab:80") as http:
        assert (await http.get("/livez")).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9", "file://"])
async def test_fault_62_pages_of_other_sites(whole: Whole, origin: str) -> None:
    async with whole.http(origin=origin) as http:
        assert (await http.get("/livez")).status_code == 403


async def test_its_own_pages(whole: Whole) -> None:
    async with whole.http(origin="http://127.0.0.1:8090") as http:
        assert (await http.get("/livez")).status_code == 200


@pytest.mark.parametrize("path", ["/graphql", "/session"])
async def test_fault_62_sockets_of_other_sites(whole: Whole, path: str) -> None:
    offered = ("graphql-transport-ws", "rekuest.v1")
    with pytest.raises(Closed):
        async with connect(
            whole.app, path=path, subprotocols=offered, origin="http://evil.example"
        ):
            pass
    async with connect(whole.app, path=path, subprotocols=offered):
        pass


async def test_headers_keep_browsers_careful(whole: Whole) -> None:
    async with whole.http() as http:
        headers = (await http.get("/livez")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
