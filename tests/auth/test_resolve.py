"""Arguments before the environment before the local file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rekuest.auth import (
    ClientCredentialsGrant,
    LocalGrant,
    StaticToken,
    resolve_grant,
    resolve_url,
)
from rekuest.errors import UsageError


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    content = {"url": "http://127.0.0.1:7000", "client_id": "local", "client_secret": "s"}
    (tmp_path / "client.json").write_text(json.dumps(content))
    (tmp_path / "client.json").chmod(0o600)
    return {"REKUEST_DATA_DIR": str(tmp_path), "REKUEST_URL": "http://lab:9000/"}


def test_the_argument_comes_first(environ: dict[str, str]) -> None:
    assert resolve_url("https://other/rekuest/", environ) == "https://other/rekuest"


def test_the_environment_comes_second(environ: dict[str, str]) -> None:
    assert resolve_url(None, environ) == "http://lab:9000"


def test_the_file_comes_third(environ: dict[str, str]) -> None:
    del environ["REKUEST_URL"]
    assert resolve_url(None, environ) == "http://127.0.0.1:7000"


def test_the_default_comes_last(tmp_path: Path) -> None:
    assert resolve_url(None, {"REKUEST_DATA_DIR": str(tmp_path)}) == "http://127.0.0.1:8090"


@pytest.mark.parametrize(
    "url", ["lab:8090", "ws://lab", "http://", "http://lab:port", "http://lab?x", "http://lab:0"]
)
def test_what_is_no_url_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is not the URL of a server; write it as in 'http://"):
        resolve_url(url, {})


def test_a_url_with_a_password_is_refused() -> None:
    with pytest.raises(UsageError, match="pass credentials as auth=") as error:
        resolve_url("http://ada:pw@lab", {})
    assert "pw@" not in str(error.value)


def test_given_credentials_come_first() -> None:
    token = StaticToken("t")
    assert resolve_grant(token, {"REKUEST_CLIENT_ID": "a", "REKUEST_CLIENT_SECRET": "b"}) is token


def test_credentials_of_the_environment_come_second() -> None:
    environ = {"REKUEST_CLIENT_ID": "a", "REKUEST_CLIENT_SECRET": "b"}
    assert resolve_grant(None, environ) == ClientCredentialsGrant("a", "b")


def test_the_local_file_comes_third() -> None:
    assert resolve_grant(None, {"REKUEST_DATA_DIR": "/d"}) == LocalGrant(Path("/d"))


@pytest.mark.parametrize("given", ["REKUEST_CLIENT_ID", "REKUEST_CLIENT_SECRET"])
def test_half_of_the_credentials_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match=f"{given} is set and"):
        resolve_grant(None, {given: "x"})


def test_importing_credentials_loads_no_http_library() -> None:
    code = "import rekuest.auth, sys; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
