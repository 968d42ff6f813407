"""The public names, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rekuest

NAMES = """
AssignationError AuthError CancelledAssignationError ClientCredentialsGrant CurrentAssignation
DefinitionError ExpandError ExpiredError InterruptedAssignationError LostError NodeHandle ParkedError
RejectedError Rekuest RekuestError RemoteError ServerError ShrinkError StaticToken StructureError
TransportError UsageError acall afind aiterate arun call check_cancelled current_assignation find
iterate log progress register run structure
"""

PROBE = """
import sys, time
start = time.perf_counter()
import rekuest
took = time.perf_counter() - start
print(took, *sorted(sys.modules))
"""


def test_public_names() -> None:
    assert sorted(NAMES.split()) == rekuest.__all__


@pytest.mark.parametrize("name", rekuest.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(rekuest, name).__name__ == name


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="module 'rekuest' has no attribute 'blur'"):
        _ = rekuest.blur


def test_dir_lists_what_is_not_loaded_yet() -> None:
    assert set(rekuest.__all__) <= set(dir(rekuest))


def test_import_is_fast_and_loads_next_to_nothing() -> None:
    probe = [sys.executable, "-c", PROBE]
    said = subprocess.run(probe, check=True, capture_output=True, text=True).stdout.split()
    assert float(said[0]) <= 0.15
    loaded = {name.partition(".")[0] for name in said[1:]}
    assert not loaded & {"httpx", "pydantic", "websockets", "rekuest_codegen", "ariadne"}
    assert not any(name.startswith("rekuest.server") for name in said[1:])


def test_a_provider_loads_no_server_and_no_http_client() -> None:
    code = "import sys; from rekuest import Rekuest, log; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"httpx", "starlette", "sqlalchemy", "graphql", "rekuest_codegen"} & set(said)
