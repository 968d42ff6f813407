"""Values at their limits: too large, not what the hints say, not ASCII."""

from __future__ import annotations

import pytest

from rekuest import Rekuest, RekuestError, RemoteError

MEGABYTE = 1 << 20


def test_result_over_the_limit_fails_with_a_hint(client: Rekuest) -> None:
    with pytest.raises(RemoteError, match="structure"):
        client.call("repeat", "x", 2 * MEGABYTE)

    assert client.call("add", 1, 2) == 3


def test_argument_over_the_limit_is_refused(client: Rekuest) -> None:
    with pytest.raises(RekuestError, match="structure"):
        client.call("repeat", "x" * 2 * MEGABYTE, 1)

    assert client.call("add", 1, 2) == 3


def test_large_values_travel(client: Rekuest) -> None:
    assert len(client.call("repeat", "x", MEGABYTE // 2)) == MEGABYTE // 2


def test_result_of_another_kind_fails(client: Rekuest) -> None:
    with pytest.raises(RemoteError) as raised:
        client.call("lie")

    assert all(word in raised.value.message for word in ("lie", "INT", "STRING"))


@pytest.mark.parametrize("text", ["", "grüße", "\U0001f52c", "a\u2028b", '"\\\n\t', "\x7f"])
def test_text_travels_unchanged(client: Rekuest, text: str) -> None:
    assert client.call("repeat", text, 2) == text * 2


@pytest.mark.parametrize("number", [0, -1, 2**53 - 1, 2**53, -(2**53), 10**400])
def test_whole_numbers_travel_unchanged(client: Rekuest, number: int) -> None:
    assert client.call("add", number, 0) == number


@pytest.mark.parametrize("text", ["\x00", "\ud800"], ids=["NUL", "lone surrogate"])
def test_text_that_cannot_travel_is_refused(client: Rekuest, text: str) -> None:
    with pytest.raises(RekuestError):
        client.call("repeat", text, 1)

    assert client.call("add", 1, 2) == 3
