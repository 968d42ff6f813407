"""The agent over a real socket: how it makes itself known."""

from __future__ import annotations

import asyncio
import logging

import pytest

from rekuest.api import enums, wire
from rekuest.definition import define
from rekuest.errors import RemoteProtocolError, UsageError
from tests.agent.functions import double, rows
from tests.agent.registrar import Provider, Registrar

pytestmark = pytest.mark.anyio


async def test_clause_3_3_digest_first_then_parts(registrar: Registrar) -> None:
    async with Provider(registrar, double, rows):
        assert (await registrar.heard(wire.Declare)).last
        assert [template.interface for template in registrar.declared] == ["double", "rows"]


async def test_known_digest_needs_no_parts(
    registrar: Registrar, caplog: pytest.LogCaptureFixture
) -> None:
    registrar.is_digest_known = True
    caplog.set_level(logging.INFO, "rekuest.agent")
    async with Provider(registrar, double):
        await registrar.provide("double")
    assert registrar.declared == []
    said = f"connected to {registrar.server.url} as lab; provides 1 function: double"
    assert said in caplog.messages


async def test_reconnect_declares_again(registrar: Registrar) -> None:
    async with Provider(registrar, double):
        await registrar.heard(wire.Declare)
        registrar.peer.cut()
        assert not (await registrar.heard(wire.Declare)).last


async def test_clause_3_2_agent_exists_names_holder_and_takeover(registrar: Registrar) -> None:
    registrar.refusal = wire.Refused(
        message="Declare",
        code=enums.ErrorCode.AGENT_EXISTS,
        reason="agent 'here' of 'lab' is held by another session",
    )
    running = Provider(registrar, double)
    with pytest.raises(UsageError) as caught:
        await running.agent.run()
    assert str(caught.value) == (
        "cannot provide: agent 'here' of 'lab' is held by another session; stop it, give this "
        "program another instance_id=, or replace it with takeover=True"
    )
    await running.connection.aclose()


async def test_declaration_that_cannot_be_stored_is_sent_again(registrar: Registrar) -> None:
    registrar.refusal = wire.Refused(
        message="Declare", code=enums.ErrorCode.UNAVAILABLE, reason="the store does not answer"
    )
    async with Provider(registrar, double):
        registrar.refusal = None
        await registrar.heard(wire.Declare)
        await registrar.provide("double")


async def test_replaced_agent_ends_with_the_reason(registrar: Registrar) -> None:
    running = Provider(registrar, double)
    task = asyncio.create_task(running.agent.run())
    await registrar.heard(wire.Declare)
    await registrar.peer.close(4409, "taken over")
    with pytest.raises(RemoteProtocolError, match="taken over"):
        await task
    await running.connection.aclose()


async def test_functions_registered_later_are_declared(registrar: Registrar) -> None:
    async with Provider(registrar, double) as running:
        await registrar.heard(wire.Declare)
        running.agent.replace([define(double), define(rows)])
        await registrar.heard(wire.Declare)
        await registrar.heard(wire.Declare)
        assert [template.interface for template in registrar.declared] == [
            "double",
            "double",
            "rows",
        ]
