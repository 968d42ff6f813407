"""`Rekuest`: registering, and providing until told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rekuest import Rekuest, StaticToken
from rekuest.api import wire
from rekuest.errors import DefinitionError, UsageError
from tests.agent.registrar import Registrar
from tests.client.session_server import serving

pytestmark = pytest.mark.anyio

PROVIDER = """
from rekuest import Rekuest, StaticToken

client = Rekuest("lab", url={url!r}, auth=StaticToken("good"))

@client.register
def double(x: int) -> int:
    return 2 * x

with client:
    client.run()
print("ended")
"""


@pytest.fixture
async def registrar() -> AsyncIterator[Registrar]:
    async with serving() as server:
        yield Registrar(server)


def make(registrar: Registrar) -> Rekuest:
    return Rekuest("lab", url=registrar.server.url, auth=StaticToken("good"))


def double(x: int) -> int:
    return 2 * x


def test_register_returns_the_function_unchanged() -> None:
    client = Rekuest("lab")
    assert client.register(double) is double
    assert client.register(interface="twice", concurrency=3)(double) is double


def test_name_is_taken() -> None:
    client = Rekuest("lab")
    client.register(double)
    with pytest.raises(DefinitionError, match=r"test_rekuest\.py:\d+ already has this interface"):

        @client.register(interface="double")
        def other(x: int) -> int:
            return x


def test_function_that_cannot_be_provided_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"test_rekuest\.py:\d+"):

        @Rekuest("lab").register
        def blur(x) -> int:  # type: ignore[no-untyped-def]  # that is the test
            return 0


def test_nothing_to_provide() -> None:
    with pytest.raises(UsageError, match="there is nothing to provide"):
        Rekuest("lab").run()


@pytest.mark.parametrize("entered", [True, False])
async def test_arun_provides_until_cancelled_and_says_goodbye(
    registrar: Registrar, entered: bool
) -> None:
    client = make(registrar)
    client.register(double)

    async def provide() -> None:
        if entered:
            async with client:
                await client.arun()
        else:
            await client.arun()

    task = asyncio.create_task(provide())
    await registrar.heard(wire.Declare)
    await registrar.provide("double")
    registrar.assign("7", x=2)
    assert (await registrar.heard(wire.Done)).returns == {"return": 4}
    task.cancel()
    assert (await registrar.heard(wire.Goodbye)).reason == "the app has ended"
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_run_in_a_thread(registrar: Registrar) -> None:
    client = make(registrar)
    client.register(double)

    def provide() -> None:
        with client:
            client.run()

    thread = asyncio.create_task(asyncio.to_thread(provide))
    await registrar.heard(wire.Declare)
    await registrar.provide("double")
    client.stop()
    await registrar.heard(wire.Goodbye)
    await thread


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signal_ends_run_with_goodbye(
    registrar: Registrar, number: signal.Signals, tmp_path: Path
) -> None:
    script = tmp_path / "provider.py"
    script.write_text(PROVIDER.format(url=registrar.server.url))
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    await registrar.heard(wire.Declare)
    await registrar.provide("double")
    process.send_signal(number)
    await registrar.heard(wire.Goodbye)
    out, err = await process.communicate()
    assert (process.returncode, out) == (0, b"ended\n")
    assert b"provides 1 function: double" in err


async def test_function_registered_while_it_provides(registrar: Registrar) -> None:
    client = make(registrar)
    client.register(double)
    task = asyncio.create_task(client.arun())
    await registrar.heard(wire.Declare)
    await registrar.provide("double")

    @client.register
    def triple(x: int) -> int:
        return 3 * x

    await registrar.provide("triple", "q")
    task.cancel()
    await asyncio.wait((task,))


async def test_second_run_is_refused(registrar: Registrar) -> None:
    client = make(registrar)
    client.register(double)
    async with client:
        task = asyncio.create_task(client.arun())
        await registrar.heard(wire.Declare)
        with pytest.raises(UsageError, match="provides already"):
            await client.arun()
        task.cancel()
        await asyncio.wait((task,))
