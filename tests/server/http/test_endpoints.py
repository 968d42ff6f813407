"""What the server answers besides GraphQL and tokens."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from graphql import build_schema

from rekuest.server.store.errors import StoreError
from tests.server.http.conftest import Whole, open_whole

pytestmark = pytest.mark.anyio


async def test_live_and_ready(whole: Whole) -> None:
    async with whole.http() as http:
        assert (await http.get("/livez")).json() == {"status": "ok"}
        assert (await http.get("/readyz")).status_code == 200
        whole.running.drain()
        assert (await http.get("/readyz")).status_code == 503
        assert (await http.get("/livez")).status_code == 200


async def test_the_schema_is_for_everybody_who_is_signed_in(whole: Whole) -> None:
    async with whole.http() as http:
        assert (await http.get("/schema.graphql")).status_code == 401
        wrong = {"authorization": "Bearer x"}
        assert (await http.get("/schema.graphql", headers=wrong)).status_code == 401
        right = {"authorization": f"Bearer {await whole.token()}"}
        answer = await http.get("/schema.graphql", headers=right)
        assert build_schema(answer.text).query_type is not None
        known = {**right, "if-none-match": answer.headers["etag"]}
        assert (await http.get("/schema.graphql", headers=known)).status_code == 304


async def test_graphql_by_the_local_client(whole: Whole) -> None:
    async with whole.http(authorization=f"Bearer {await whole.token()}") as http:
        answer = await http.post(
            "/graphql", json={"query": "{ me { user { name } client { name } } }"}
        )
    assert answer.json()["data"]["me"] == {"user": {"name": "admin"}, "client": {"name": "local"}}


async def test_graphiql_is_not_there(whole: Whole) -> None:
    async with whole.http(accept="text/html") as http:
        assert (await http.get("/graphql")).status_code == 405
        assert (await http.get("/graphql/static/react.js")).status_code == 404


async def test_graphiql_in_dev_mode_asks_nobody_else(tmp_path: Path, anyio_backend: str) -> None:
    async with open_whole(tmp_path, dev=True) as whole, whole.http(accept="text/html") as http:
        page = (await http.get("/graphql")).text
        assert "//" not in page.replace("/graphql/static/", "")
        names = [part.partition('"')[0] for part in page.split("/graphql/static/")[1:]]
        assert len(names) == 5
        for name in names:
            answer = await http.get(f"/graphql/static/{name}")
            assert answer.status_code == 200
            assert len(answer.text) > 1000
        assert (await http.get("/graphql/static/README.md")).status_code == 404


async def test_the_credential_file_survives_a_restart(tmp_path: Path, anyio_backend: str) -> None:
    async with open_whole(tmp_path, port=1) as whole:
        first = whole.running.credentials
        token = await whole.token()
    async with open_whole(tmp_path, port=2) as whole:
        written = json.loads((tmp_path / "client.json").read_text())
        assert written == {
            "url": "http://127.0.0.1:2",
            "client_id": first.client_id,
            "client_secret": first.client_secret,
        }
        assert (await whole.running.identity.authenticate(token)).user_name == "admin"
    if os.name == "posix":
        assert (tmp_path / "client.json").stat().st_mode & 0o777 == 0o600


async def test_a_lost_or_broken_credential_file_is_made_anew(
    tmp_path: Path, anyio_backend: str
) -> None:
    async with open_whole(tmp_path) as whole:
        first = whole.running.credentials
    (tmp_path / "client.json").write_text("{broken")
    async with open_whole(tmp_path) as whole:
        second = whole.running.credentials
        assert second.client_id != first.client_id
        assert await whole.running.identity.issue(second.client_id, second.client_secret)


async def test_fault_25_a_second_server_on_the_folder_is_refused(whole: Whole) -> None:
    with pytest.raises(StoreError, match=str(os.getpid())):
        async with open_whole(whole.running.settings.data_dir):
            pass


def test_vendored_files_name_their_versions() -> None:
    folder = Path(__file__).parents[3] / "rekuest/server/graphql/static"
    readme = (folder / "README.md").read_text()
    for file in folder.glob("*.gz"):
        assert file.name in readme
        assert gzip.decompress(file.read_bytes())
    assert "MIT License" in (folder / "LICENSE.graphiql").read_text()
    assert "MIT License" in (folder / "LICENSE.react").read_text()
