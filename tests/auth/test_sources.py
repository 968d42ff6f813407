"""A token that was given."""

from __future__ import annotations

import pytest

from rekuest.auth import StaticToken
from rekuest.clock import SystemClock
from rekuest.errors import AuthError


@pytest.mark.anyio
async def test_a_static_token_is_used_as_it_is() -> None:
    assert await StaticToken("abc").source("http://h", SystemClock()).aget_token() == "abc"


@pytest.mark.anyio
async def test_a_static_token_cannot_be_renewed() -> None:
    with pytest.raises(AuthError, match="does not accept the given token"):
        await StaticToken("abc").arefresh_token()


def test_a_static_token_is_not_shown() -> None:
    assert "abc" not in repr(StaticToken("abc"))
