"""The module-level functions: each is a method of the current client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import rekuest
from rekuest import Rekuest, StaticToken
from rekuest.api import wire
from rekuest.app import shortcuts
from rekuest.errors import DefinitionError, UsageError
from tests.agent.registrar import Registrar
from tests.client.session_server import serving

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def no_default_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortcuts, "_default", None)


@pytest.fixture
def entered() -> Iterator[Rekuest]:
    with Rekuest("lab", url="http://127.0.0.1:9", auth=StaticToken("good")) as client:
        yield client


def double(x: int) -> int:
    return 2 * x


@pytest.mark.parametrize(
    "use", [lambda: rekuest.find("x"), lambda: rekuest.call("x"), lambda: rekuest.iterate("x")]
)
def test_calling_needs_a_client(use: Callable[[], Any]) -> None:
    with pytest.raises(UsageError, match="no client is entered"):
        use()


async def test_calling_async_needs_a_client() -> None:
    with pytest.raises(UsageError, match="no client is entered"):
        await rekuest.afind("x")
    with pytest.raises(UsageError, match="no client is entered"):
        await rekuest.acall("x")


def test_register_before_any_client_uses_one_default_app() -> None:
    assert rekuest.register(double) is double
    with pytest.raises(DefinitionError, match="already has this interface"):
        rekuest.register(interface="double")(lambda: None)
    assert shortcuts._default is not None


def test_register_uses_the_current_client(entered: Rekuest) -> None:
    rekuest.register(double)
    with pytest.raises(DefinitionError, match="already has this interface"):
        entered.register(interface="double")(lambda: None)
    assert shortcuts._default is None


def test_run_without_any_function() -> None:
    with pytest.raises(UsageError, match="there is nothing to provide"):
        rekuest.run()


async def test_default_app_is_provided(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as server:
        registrar = Registrar(server)
        default = Rekuest("lab", url=server.url, auth=StaticToken("good"))
        monkeypatch.setattr(shortcuts, "_default", default)
        rekuest.register(double)
        task = asyncio.create_task(rekuest.arun())
        await registrar.heard(wire.Declare)
        await registrar.provide("double")
        task.cancel()
        await asyncio.wait((task,))
