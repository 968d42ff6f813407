"""`rekuest server` as people run it: a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = [pytest.mark.acceptance, pytest.mark.skipif(os.name == "nt", reason="POSIX signals")]
ROOT = Path(__file__).parents[2]


def command(*arguments: str, data_dir: Path) -> subprocess.Popen[str]:
    """Start a command of rekuest."""
    return subprocess.Popen(
        [sys.executable, "-m", "rekuest", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "REKUEST_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def url_of(process: subprocess.Popen[str]) -> str:
    """Return the URL of the first line that a server prints."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:"), process.communicate()
    return line.split()[-1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a server on a free port."""
    process = command("server", "--port", "0", data_dir=tmp_path)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def token(url: str, client_id: str, secret: str) -> httpx.Response:
    """Ask for a token."""
    form = {"grant_type": "client_credentials"}
    return httpx.post(f"{url}/oauth/token", data=form, auth=(client_id, secret))


def test_the_first_line_says_where_and_the_file_how(
    server: subprocess.Popen[str], tmp_path: Path
) -> None:
    url = url_of(server)
    credentials = json.loads((tmp_path / "client.json").read_text())
    assert credentials["url"] == url
    issued = token(url, credentials["client_id"], credentials["client_secret"]).json()
    headers = {"authorization": f"Bearer {issued['access_token']}"}
    answer = httpx.post(
        f"{url}/graphql", json={"query": "{ server { durability } }"}, headers=headers
    )
    assert answer.json() == {"data": {"server": {"durability": "POWER"}}}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_politely(server: subprocess.Popen[str], number: signal.Signals) -> None:
    url_of(server)
    server.send_signal(number)
    out, error = server.communicate(timeout=20)
    assert (server.returncode, out, error) == (0, "", "")


def test_a_client_is_added_while_it_runs(server: subprocess.Popen[str], tmp_path: Path) -> None:
    url = url_of(server)
    out, error = command("clients", "add", "ci", data_dir=tmp_path).communicate(timeout=30)
    client_id, secret = (line.split()[-1] for line in out.splitlines())
    assert "the one time" in error
    assert token(url, client_id, secret).is_success
    adding = command("clients", "add", "ci", "--owner", "somebody", data_dir=tmp_path)
    assert "stop it" in adding.communicate(timeout=30)[1]
    assert adding.returncode == 1


def test_a_client_that_was_added_before_works_afterwards(tmp_path: Path) -> None:
    adding = command("clients", "add", "ci", "--owner", "somebody", data_dir=tmp_path)
    client_id, secret = (
        line.split()[-1] for line in adding.communicate(timeout=30)[0].splitlines()
    )
    process = command("server", "--port", "0", data_dir=tmp_path)
    try:
        assert token(url_of(process), client_id, secret).is_success
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_a_second_server_says_who_has_the_folder(
    server: subprocess.Popen[str], tmp_path: Path
) -> None:
    url = url_of(server)
    second = command("server", "--port", "0", data_dir=tmp_path)
    out, error = second.communicate(timeout=30)
    assert (second.returncode, out) == (1, "")
    assert error.startswith("rekuest: ")
    assert str(server.pid) in error
    port = url.rpartition(":")[2]
    third = command("server", "--port", port, data_dir=tmp_path / "other")
    assert "--port" in third.communicate(timeout=30)[1]
    assert third.returncode == 1
