"""A disk that is full for a while: what cannot be stored was never said, and nothing stays stuck.  Row 23."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rekuest.api import wire
from rekuest.api.enums import ErrorCode
from rekuest.server.store.commands import ChangeAgent, ChangeCall, ChangeProvision, Command
from rekuest.server.store.store import Store, StoreError
from tests.server.service.conftest import (
    Peer,
    Start,
    World,
    accepted,
    call,
    declaration,
    declare,
    done,
    provide,
    reserve,
    running,
)

pytestmark = pytest.mark.anyio


class Disk:
    """Stands between a service and its store; can be full, or slow."""

    def __init__(self, store: Store) -> None:
        self.is_full = False
        self.refuses: tuple[type[Any], ...] = ()  # commands that fail although there is space
        self._held: list[tuple[Command, asyncio.Future[Any]]] | None = None
        self._write = store.write
        store.write = self.write  # type: ignore[method-assign]  # the parts of the service have the store already

    def write(self, command: Command) -> asyncio.Future[Any]:
        """Store, fail, or wait."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.is_full or isinstance(command, self.refuses):
            future.set_exception(StoreError("the disk is full"))
        elif self._held is not None:
            self._held.append((command, future))
        else:
            return self._write(command)
        return future

    def hold(self) -> None:
        """Let writes wait."""
        self._held = []

    async def go_on(self, *, fail: bool = False) -> None:
        """Store what waits, or let it fail."""
        held, self._held = self._held or [], None
        for command, future in held:
            if fail:
                future.set_exception(StoreError("the disk is full"))
            else:
                future.set_result(await self._write(command))


@pytest.fixture
def disk(world: World) -> Disk:
    """The disk of the running server."""
    return Disk(world.service.store)


async def asked_to_return(agent: Peer) -> None:
    """Return when an agent was closed because what it said could not be stored."""
    async with asyncio.timeout(5):
        while agent.closed is None:  # noqa: ASYNC110  # closing sets nothing else
            await asyncio.sleep(0.001)
    assert agent.closed[0] == 1011


async def returns(world: World, agent: Peer, *templates: wire.TemplateDeclaration) -> Peer:
    """Let an agent come back in its lease, as it does after a close with 1011."""
    back = await world.peer(session=agent.hello.session_id)
    await back.says(declare(*(templates or (declaration(),))))
    await back.gets(wire.Declared)
    return back


async def test_fault_23_a_call_that_cannot_be_stored_is_rejected(world: World, disk: Disk) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    await agent.says(done(assign))
    await caller.event("DONE")
    disk.is_full = True
    for number in range(30):  # more than may be open
        await caller.says(call(node, f"full {number}"))
        assert (await caller.gets(wire.CallRejected)).code == ErrorCode.UNAVAILABLE
    disk.is_full = False
    await caller.says(call(node, "later"))
    assign = await agent.gets(wire.Assign)
    await agent.says(accepted(assign), done(assign))
    await caller.event("DONE")


async def test_fault_23_a_result_that_cannot_be_stored_is_sent_again(
    world: World, disk: Disk
) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    disk.is_full = True
    await agent.says(done(assign))
    await world.settled()
    assert agent.receipts[-1].seq == 1
    disk.is_full = False
    await world.clock.advance(1)
    await asked_to_return(agent)
    back = await returns(world, agent)
    assert [(one.assignation, one.seq) for one in back.believed] == [(assign.assignation, 1)]
    await back.says(done(assign))
    assert (await caller.event("DONE")).returns == {"return": "hi"}
    await back.receipt(assign.assignation, 2)
    await caller.says(call(node, "next"))
    await provide(back)
    await back.gets(wire.Assign)  # the credit is free again


async def test_fault_23_an_agent_that_returns_meanwhile_still_knows_its_call(
    world: World, disk: Disk
) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    disk.refuses = (ChangeCall,)
    await agent.says(done(assign))
    await world.settled()
    agent.drop()
    back = await returns(world, agent)
    assert [(one.assignation, one.seq) for one in back.believed] == [(assign.assignation, 1)]
    await back.says(done(assign))  # it waits for its receipt
    await world.settled()
    assert back.receipts == []
    disk.refuses = ()
    await world.clock.advance(1)
    await asked_to_return(back)
    again = await returns(world, back)
    assert [(one.assignation, one.seq) for one in again.believed] == [(assign.assignation, 1)]
    await again.says(done(assign))
    await caller.event("DONE")


@pytest.mark.parametrize("fail", [False, True])
async def test_clause_4_5_a_repeat_is_acknowledged_when_it_is_stored_and_not_before(
    world: World, disk: Disk, fail: bool
) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    disk.hold()
    await agent.says(done(assign))
    await world.settled()
    await agent.says(done(assign))
    await world.settled()
    assert agent.receipts[-1].seq == 1
    await disk.go_on(fail=fail)
    await world.settled()
    if fail:
        assert agent.receipts[-1].seq == 1
    else:
        await agent.receipt(assign.assignation, 2)


async def test_fault_23_a_binding_that_cannot_be_stored_is_made_again(
    world: World, disk: Disk
) -> None:
    agent, caller, node = await world.pair()
    await caller.says(call(node))
    disk.refuses = (ChangeCall,)
    await provide(agent)
    await world.settled()
    assert agent.of(wire.Assign) == []
    disk.refuses = ()
    await world.clock.advance(1)
    assign = await agent.gets(wire.Assign)
    await agent.says(accepted(assign), done(assign))
    await caller.event("DONE")


async def test_fault_23_a_call_expires_when_that_can_be_stored(world: World, disk: Disk) -> None:
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node, timeout=3.0))
    disk.is_full = True
    await world.clock.advance(5)
    await world.settled()
    assert [one for one in caller.of(wire.Event) if one.event.kind == "EXPIRED"] == []
    disk.is_full = False
    await world.clock.advance(3)
    await caller.event("EXPIRED")


async def test_fault_23_a_lost_agent_is_told_when_that_can_be_stored(
    world: World, disk: Disk
) -> None:
    agent, caller, node = await world.pair()
    await running(agent, caller, call(node))
    disk.is_full = True
    await agent.says(wire.Goodbye())
    await world.clock.advance(2)
    disk.is_full = False
    await world.clock.advance(3)
    await caller.event("LOST")
    assert world.service.view.calls == world.service.view.unsettled == {}
    assert world.service.view.open_calls == {}


async def test_fault_23_a_cancelled_call_can_be_cancelled_again(world: World, disk: Disk) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))
    disk.is_full = True
    await caller.says(wire.Cancel(assignation=assign.assignation))
    await world.settled()
    disk.is_full = False
    await world.clock.advance(1)
    await asked_to_return(agent)
    back = await returns(world, agent)
    await caller.says(wire.Cancel(assignation=assign.assignation))
    await back.gets(wire.Cancel)
    await caller.event("CANCELLING")


async def test_fault_23_a_provision_that_cannot_be_stored_is_made_again(
    world: World, disk: Disk
) -> None:
    agent, caller, node = await world.pair()
    disk.is_full = True
    await caller.says(call(node))
    await caller.gets(wire.CallRejected)
    disk.is_full = False
    await world.clock.advance(2)
    await world.settled()
    await caller.says(call(node, "later"))
    provision = await provide(agent)
    await agent.gets(wire.Assign)
    await world.settled()
    stored = await world.service.store.load_live()
    assert [one.id for one in stored.provisions] == [provision]
    assert len(stored.reservations) == 1


async def test_fault_23_a_reservation_that_cannot_be_stored_holds_nothing(
    world: World, disk: Disk
) -> None:
    agent, caller, node = await world.pair()
    disk.is_full = True
    await caller.says(reserve(node))
    assert (await caller.gets(wire.Refused)).code == ErrorCode.UNAVAILABLE
    await world.settled()
    assert world.service.view.reservations == {}
    assert world.service.view.provisions == {}
    disk.is_full = False
    await caller.says(reserve(node))
    await caller.gets(wire.Reserved)
    await provide(agent)


async def test_fault_23_a_declaration_is_refused_while_the_disk_is_full(
    world: World, disk: Disk
) -> None:
    agent = await world.peer()
    disk.is_full = True
    await agent.says(declare(declaration()))
    assert (await agent.gets(wire.Refused)).code == ErrorCode.UNAVAILABLE
    disk.is_full = False
    await agent.says(declare(declaration()))
    assert (await agent.gets(wire.Declared)).complete


async def test_fault_23_a_session_is_not_opened_while_its_app_cannot_be_stored(
    world: World, disk: Disk
) -> None:
    disk.is_full = True
    with pytest.raises(StoreError):
        await world.peer(app="another")
    assert world.service.view.sessions == {}


async def test_fault_23_what_cannot_be_read_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, caller, node = await world.pair()
    assign = await running(agent, caller, call(node))

    async def broken(*_: object, **__: object) -> None:
        raise StoreError("the disk is gone")

    reads = world.service.store.read.assignations
    with monkeypatch.context() as patch:
        for name in ("get", "by_reference", "events"):
            patch.setattr(reads, name, broken, raising=False)
        await caller.says(wire.Attach(assignation=assign.assignation, after=0))
        assert (await caller.gets(wire.Refused)).code == ErrorCode.UNAVAILABLE
        # An event must not be refused: its agent might forget it.
        await agent.says(done(assign).model_copy(update={"assignation": "unknown"}))
        assert agent.closed is not None
        assert agent.closed[0] == 1011
    await caller.says(wire.Attach(assignation=assign.assignation, after=0))
    await caller.gets(wire.Attached)


@pytest.mark.parametrize("idempotent", [False, True])
async def test_fault_01_a_server_killed_while_it_loses_an_agent_loses_no_call(
    start: Start, idempotent: bool
) -> None:
    world = await start()
    agent, caller, node = await world.pair(idempotent=idempotent)
    assign = await running(agent, caller, call(node, wait=True))
    (holder,) = world.service.view.agents.values()
    now = world.clock.now()
    store = world.service.store
    await store.write(ChangeAgent(holder.row.id, holder.epoch, "DISCONNECTED", now))
    await store.write(ChangeProvision(assign.provision, "ENDED", None, now))
    world.service.view.agents.clear()  # this server writes nothing more
    world.service.view.sessions.clear()
    world = await start()
    other = await world.peer()
    await other.says(wire.Attach(assignation=assign.assignation, after=0))
    await other.event("RETRIED" if idempotent else "LOST")
