"""UNSET, and what operations do with variables and responses."""

import pytest

from rekuest.api import operations
from rekuest.context import UNSET, UnsetType
from rekuest.errors import ServerError, UsageError


def test_unset_is_one_false_thing() -> None:
    assert UnsetType("UNSET") is UNSET
    assert not UNSET
    assert repr(UNSET) == "UNSET"


def test_dump_leaves_unset_out_and_null_in() -> None:
    given = {"input": {"node": "n", "title": None, "wait": UNSET, "desiredInstances": 2}}
    expected = {"input": {"node": "n", "title": None, "desiredInstances": 2}}
    assert operations.RESERVE.dump(given) == expected


def test_dump_of_no_variables() -> None:
    assert operations.GET_SERVER.dump({}) == {}


def test_dump_refuses_what_does_not_fit() -> None:
    with pytest.raises(UsageError, match="cannot send variables of operation 'Reserve'"):
        operations.RESERVE.dump({"input": {"node": 5}})


def test_parse_refuses_what_does_not_fit() -> None:
    with pytest.raises(ServerError, match="cannot read response to operation 'GetServer'"):
        operations.GET_SERVER.parse({})
