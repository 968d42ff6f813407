"""Arguments that do not fit are refused before anything runs, by the client and by the server."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rekuest import Rekuest, ShrinkError
from tests.acceptance.process import Process
from tests.acceptance.raw import call, raw_session
from tests.acceptance.system import System

# {what is wrong: (arguments, path, expected, got)}
WRONG: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "kind": ({"a": "five"}, "a", "INT", "STRING"),
    "missing": ({}, "a", "INT", "nothing"),
    "unknown": ({"a": 1, "c": 9000}, "c", "", "INT"),
}
ASSIGN = """
mutation Assign($input: AssignInput!) { assign(input: $input) { assignation { id } } }
"""

wrong = pytest.mark.parametrize(
    ("args", "path", "expected", "got"), list(WRONG.values()), ids=list(WRONG)
)


@pytest.fixture
def nothing_runs(client: Rekuest, provider: Process, tmp_path: Path) -> Iterator[None]:
    """Check that the function did not run, between two calls that did."""
    first, last = (zlib.crc32(f"{tmp_path} {end}".encode()) for end in ("first", "last"))
    client.call("add", first, 0)
    yield
    client.call("add", last, 0)
    provider.wait_for(f"add {last} 0")
    ran = provider.lines("add ")
    assert ran.index(f"add {last} 0") == ran.index(f"add {first} 0") + 1


@wrong
def test_client_refuses(
    client: Rekuest, nothing_runs: None, *, args: dict[str, Any], path: str, expected: str, got: str
) -> None:
    with pytest.raises(ShrinkError) as raised:
        client.call("add", **args)

    (failure,) = raised.value.failures
    assert raised.value.node == "add"
    assert failure.path == path
    assert expected in failure.expected
    assert got in failure.got
    assert "'add'" in str(raised.value)


def test_client_names_every_failure(client: Rekuest, nothing_runs: None) -> None:
    with pytest.raises(ShrinkError) as raised:
        client.call("add", b="x", c=1)

    assert {failure.path for failure in raised.value.failures} == {"a", "b", "c"}


def test_client_refuses_too_many(client: Rekuest, nothing_runs: None) -> None:
    with pytest.raises(ShrinkError, match="add"):
        client.call("add", 1, 2, 3)


@wrong
def test_socket_refuses(
    system: System,
    client: Rekuest,
    nothing_runs: None,
    *,
    args: dict[str, Any],
    path: str,
    expected: str,
    got: str,
) -> None:
    with raw_session(system) as session:
        answer = call(session, client.find(interface="add").id, args)

    (failure,) = answer["failures"]
    assert (answer["__typename"], answer["code"]) == ("CallRejected", "INVALID_ARGS")
    assert "add" in answer["message"]
    assert failure["path"] == path
    assert expected in failure["expected"]
    assert got in failure["got"]


@wrong
def test_graphql_refuses(
    system: System,
    client: Rekuest,
    nothing_runs: None,
    *,
    args: dict[str, Any],
    path: str,
    expected: str,
    got: str,
) -> None:
    node = client.find(interface="add").id
    answer = httpx.post(
        f"{system.url}/graphql",
        json={"query": ASSIGN, "variables": {"input": {"node": node, "args": args}}},
        headers={"authorization": f"Bearer {system.token()}"},
        timeout=10,
    )

    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "INVALID_ARGS"
    assert "add" in error["message"]
    (failure,) = error["extensions"]["failures"]
    assert failure["path"] == path
    assert expected in failure["expected"]
    assert got in failure["got"]


def test_socket_accepts_what_fits(system: System, client: Rekuest) -> None:
    with raw_session(system) as session:
        answer = call(session, client.find(interface="add").id, {"a": 1}, reference="raw-fits")
        kinds = [session.receive("Event")["event"]["kind"]]
        while kinds[-1] not in ("DONE", "FAILED"):
            kinds.append(session.receive("Event")["event"]["kind"])

    assert answer["__typename"] == "CallAccepted"
    assert kinds[-1] == "DONE"
