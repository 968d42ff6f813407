"""The agent over a real socket: declares, provides, runs, stops, reconnects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

import pytest

from rekuest import current_assignation, log, progress
from rekuest.agent import Agent
from rekuest.api import enums, wire
from rekuest.auth import StaticToken
from rekuest.client.connection import Connection, Identity
from rekuest.clock import SystemClock
from rekuest.definition import define
from rekuest.errors import RemoteProtocolError, UsageError
from tests.client.session_server import PRINCIPAL, Peer, SessionServer, serving

pytestmark = pytest.mark.anyio
M = TypeVar("M")


class QuickClock(SystemClock):
    """A clock whose waits are a hundredth as long, so that nobody waits for a backoff."""

    async def sleep_until(self, deadline: float) -> None:
        await asyncio.sleep(max(0.0, deadline - self.monotonic()) / 100)


class Registrar:
    """What the service does about agents, told by hand; keeps what agents say."""

    def __init__(self, server: SessionServer) -> None:
        self.server = server
        server.on_message = self._on_message
        self.is_digest_known = False
        self.refusal: wire.Refused | None = None  # of Declare
        self.acknowledges = True
        self.declared: list[wire.TemplateDeclaration] = []
        self.peer: Peer
        self._said: dict[type, asyncio.Queue[Any]] = {}

    async def heard(self, message_type: type[M]) -> M:
        """Return the next message of a type."""
        found = await asyncio.wait_for(self._queue(message_type).get(), 5)
        assert isinstance(found, message_type)
        return found

    def assign(self, call: str, provision: str = "p", attempt: int = 1, **args: Any) -> None:
        """Assign a call."""
        self.peer.send(
            wire.Assign(
                assignation=call,
                attempt=attempt,
                provision=provision,
                args=args,
                caller=PRINCIPAL,
                reservation="r",
                ephemeral=False,
            )
        )

    async def provide(self, interface: str, provision: str = "p") -> wire.Provided:
        """Have an actor spawned."""
        self.peer.send(wire.Provide(provision=provision, interface=interface))
        return await self.heard(wire.Provided)

    def _queue(self, message_type: type) -> asyncio.Queue[Any]:
        return self._said.setdefault(message_type, asyncio.Queue())

    def _on_message(self, peer: Peer, message: wire.ClientMessage) -> None:
        self.peer = peer
        self._queue(type(message)).put_nowait(message)
        if isinstance(message, wire.Declare):
            self._declare(peer, message)
        seq = getattr(message, "seq", None)
        if seq is not None and self.acknowledges:
            receipt = wire.Receipt(
                assignation=message.assignation,  # type: ignore[union-attr]  # it is an event
                attempt=message.attempt,  # type: ignore[union-attr]  # it is an event
                seq=seq,
            )
            peer.send(wire.Acknowledged(receipts=[receipt]))

    def _declare(self, peer: Peer, message: wire.Declare) -> None:
        if self.refusal is not None:
            peer.send(self.refusal)
            return
        self.declared.extend(message.templates)
        is_asking = not message.last
        if message.last or is_asking:
            peer.send(
                wire.Declared(
                    digest=message.digest,
                    complete=message.last or self.is_digest_known,
                    agent="a",
                    epoch=1,
                    diagnostics=[],
                )
            )


@pytest.fixture
async def registrar() -> AsyncIterator[Registrar]:
    async with serving() as server:
        yield Registrar(server)


def connect(server: SessionServer) -> Connection:
    identity = Identity("lab", "0.1.0", "here", "session-1")
    return Connection(server.url, identity, StaticToken("good"), QuickClock())


class Running:
    """An agent that runs until the block ends."""

    def __init__(self, registrar: Registrar, *functions: Callable[..., Any]) -> None:
        self.connection = connect(registrar.server)
        definitions = [define(function) for function in functions]
        self.agent = Agent(self.connection, definitions, clock=QuickClock())
        self.stop = asyncio.Event()
        self._registrar = registrar

    async def _until(self) -> None:
        await self.stop.wait()

    async def __aenter__(self) -> Running:
        self.task = asyncio.create_task(self.agent.run(self._until))
        await self._registrar.heard(wire.Declare)
        return self

    async def __aexit__(self, *error: object) -> None:
        self.stop.set()
        await asyncio.wait((self.task,))
        await self.connection.aclose()


def double(x: int) -> int:
    return 2 * x


async def rows(n: int) -> AsyncIterator[int]:
    for number in range(n):
        yield number


async def hang() -> None:
    log("hanging")
    await asyncio.Event().wait()


async def test_clause_3_3_digest_first_then_parts(registrar: Registrar) -> None:
    async with Running(registrar, double, rows):
        assert (await registrar.heard(wire.Declare)).last
        assert [template.interface for template in registrar.declared] == ["double", "rows"]


async def test_known_digest_needs_no_parts(
    registrar: Registrar, caplog: pytest.LogCaptureFixture
) -> None:
    registrar.is_digest_known = True
    caplog.set_level(logging.INFO, "rekuest.agent")
    async with Running(registrar, double):
        await registrar.provide("double")
    assert registrar.declared == []
    said = f"connected to {registrar.server.url} as lab; provides 1 functions: double"
    assert said in caplog.messages


async def test_clause_4_1_provide_grants_credits(registrar: Registrar) -> None:
    async with Running(registrar, double, rows):
        assert (await registrar.provide("double", "p")).credits == 1
        assert (await registrar.provide("rows", "q")).credits == 16


async def test_unknown_interface_cannot_be_provided(registrar: Registrar) -> None:
    async with Running(registrar, double):
        registrar.peer.send(wire.Provide(provision="p", interface="blur"))
        assert (await registrar.heard(wire.ProvideFailed)).error.type == "KeyError"


async def test_clause_4_3_assign_is_accepted_and_done(registrar: Registrar) -> None:
    async with Running(registrar, double):
        await registrar.provide("double")
        registrar.assign("7", x=4)
        assert (await registrar.heard(wire.Accepted)).seq == 1
        done = await registrar.heard(wire.Done)
        assert (done.seq, done.returns) == (2, {"return": 8})


async def test_values_of_a_generator_are_numbered(registrar: Registrar) -> None:
    async with Running(registrar, rows):
        await registrar.provide("rows")
        registrar.assign("7", n=3)
        values = [await registrar.heard(wire.Yield) for _ in range(3)]
        assert [(value.seq, value.returns) for value in values] == [
            (2, {"return": 0}),
            (3, {"return": 1}),
            (4, {"return": 2}),
        ]
        assert (await registrar.heard(wire.Done)).returns is None


async def test_generator_is_held_back_while_nothing_is_stored(registrar: Registrar) -> None:
    registrar.acknowledges = False
    async with Running(registrar, rows):
        await registrar.provide("rows")
        registrar.assign("7", n=1000)
        for _ in range(255):
            await registrar.heard(wire.Yield)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(registrar.heard(wire.Yield), 0.05)
        receipt = wire.Receipt(assignation="7", attempt=1, seq=256)
        registrar.peer.send(wire.Acknowledged(receipts=[receipt]))
        assert (await registrar.heard(wire.Yield)).seq == 257


async def test_exception_travels(registrar: Registrar) -> None:
    def fail() -> None:
        raise ValueError("the stage is stuck")

    async with Running(registrar, fail):
        await registrar.provide("fail")
        registrar.assign("7")
        error = (await registrar.heard(wire.Failed)).error
        assert (error.type, error.message) == ("ValueError", "the stage is stuck")
        assert "raise ValueError" in str(error.traceback)


async def test_failing_call_leaves_the_agent_alive(registrar: Registrar) -> None:
    async def leave() -> None:
        raise SystemExit(1)

    async with Running(registrar, leave, double):
        await registrar.provide("leave", "p")
        await registrar.provide("double", "q")
        registrar.assign("7", "p")
        assert (await registrar.heard(wire.Failed)).error.type == "SystemExit"
        registrar.assign("8", "q", x=1)
        await registrar.heard(wire.Done)


async def test_function_that_cancels_its_own_task_fails(registrar: Registrar) -> None:
    async def suicide() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.Event().wait()

    async with Running(registrar, suicide):
        await registrar.provide("suicide")
        registrar.assign("7")
        failed = await registrar.heard(wire.Failed)
        assert failed.error.type == "asyncio.exceptions.CancelledError"


async def test_log_progress_and_identity_inside(registrar: Registrar) -> None:
    def speak() -> str:
        log("careful", "WARNING")
        progress(1, 2, "half")
        current = current_assignation()
        return f"{current.id} {current.caller.user_name} {current.reservation} {current.attempt}"

    async with Running(registrar, speak):
        await registrar.provide("speak")
        registrar.assign("7", attempt=2)
        line = await registrar.heard(wire.Log)
        assert (line.level, line.message) == (enums.LogLevel.WARNING, "careful")
        assert (await registrar.heard(wire.Progress)).total == 2
        assert (await registrar.heard(wire.Done)).returns == {"return": "7 admin r 2"}


async def test_clause_4_8_cancel(registrar: Registrar) -> None:
    async with Running(registrar, hang):
        await registrar.provide("hang")
        registrar.assign("7")
        await registrar.heard(wire.Log)
        registrar.peer.send(wire.Cancel(assignation="7"))
        assert (await registrar.heard(wire.Cancelled)).seq == 2


async def test_clause_4_8_interrupt(registrar: Registrar) -> None:
    async with Running(registrar, hang):
        await registrar.provide("hang")
        registrar.assign("7")
        await registrar.heard(wire.Log)
        registrar.peer.send(wire.Interrupt(assignation="7"))
        assert (await registrar.heard(wire.Interrupted)).seq == 2


async def test_cancel_in_the_frame_of_its_assign(registrar: Registrar) -> None:
    async with Running(registrar, hang):
        await registrar.provide("hang")
        registrar.assign("7")
        registrar.peer.send(wire.Cancel(assignation="7"))
        assert (await registrar.heard(wire.Cancelled)).seq == 2


async def test_clause_4_9_pause_without_breakpoint(registrar: Registrar) -> None:
    async with Running(registrar, hang):
        await registrar.provide("hang")
        registrar.assign("7")
        registrar.peer.send(wire.Pause(assignation="7"))
        assert (await registrar.heard(wire.Refused)).code is enums.ErrorCode.CANNOT_PAUSE


async def test_clause_4_1_unprovide_waits_for_the_calls(registrar: Registrar) -> None:
    async with Running(registrar, hang):
        await registrar.provide("hang")
        registrar.assign("7")
        await registrar.heard(wire.Log)
        registrar.peer.send(wire.Unprovide(provision="p"))
        await registrar.heard(wire.Unprovided)
        await asyncio.wait_for(registrar.heard(wire.Cancelled), 0.1)  # it came before


async def test_clause_1_8_result_over_the_limit_fails_with_a_hint(registrar: Registrar) -> None:
    def large() -> str:
        return "x" * 2_000_000

    async with Running(registrar, large):
        await registrar.provide("large")
        registrar.assign("7")
        assert "return a structure" in (await registrar.heard(wire.Failed)).error.message


async def test_value_over_the_limit_ends_its_generator(registrar: Registrar) -> None:
    closed = asyncio.Event()

    async def large() -> AsyncIterator[str]:
        try:
            yield "small"
            yield "x" * 2_000_000
            yield "small"
        finally:
            closed.set()

    async with Running(registrar, large):
        await registrar.provide("large")
        registrar.assign("7")
        assert (await registrar.heard(wire.Failed)).seq == 3
        await asyncio.wait_for(closed.wait(), 5)


async def test_sync_generator(registrar: Registrar) -> None:
    def count(n: int) -> Iterator[int]:
        yield from range(n)

    async with Running(registrar, count):
        await registrar.provide("count")
        registrar.assign("7", n=500)
        values = [await registrar.heard(wire.Yield) for _ in range(500)]
        assert [value.returns["return"] for value in values] == list(range(500))


async def test_reconnect_declares_again(registrar: Registrar) -> None:
    async with Running(registrar, double):
        await registrar.heard(wire.Declare)
        registrar.peer.cut()
        assert not (await registrar.heard(wire.Declare)).last


async def test_clause_7_1_resumed_session_keeps_its_calls_and_repeats_what_is_not_stored(
    registrar: Registrar,
) -> None:
    leave = asyncio.Event()

    async def wait() -> str:
        log("waiting")
        await leave.wait()
        return "here"

    registrar.acknowledges = False
    async with Running(registrar, wait):
        await registrar.provide("wait")
        registrar.assign("7")
        await registrar.heard(wire.Log)
        await registrar.heard(wire.Accepted)
        registrar.server.believed = [wire.Receipt(assignation="7", attempt=1, seq=0)]
        await registrar.heard(wire.Declare)
        registrar.peer.cut()
        assert (await registrar.heard(wire.Accepted)).seq == 1
        leave.set()
        assert (await registrar.heard(wire.Done)).returns == {"return": "here"}


async def test_clause_3_2_agent_exists_names_holder_and_takeover(registrar: Registrar) -> None:
    registrar.refusal = wire.Refused(
        message="Declare",
        code=enums.ErrorCode.AGENT_EXISTS,
        reason="agent 'here' of 'lab' is held by another session",
    )
    running = Running(registrar, double)
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
    async with Running(registrar, double):
        registrar.refusal = None
        await registrar.heard(wire.Declare)
        await registrar.provide("double")


async def test_replaced_agent_ends_with_the_reason(registrar: Registrar) -> None:
    running = Running(registrar, double)
    task = asyncio.create_task(running.agent.run())
    await registrar.heard(wire.Declare)
    await registrar.peer.close(4409, "taken over")
    with pytest.raises(RemoteProtocolError, match="taken over"):
        await task
    await running.connection.aclose()


async def test_functions_registered_later_are_declared(registrar: Registrar) -> None:
    async with Running(registrar, double) as running:
        await registrar.heard(wire.Declare)
        running.agent.replace([define(double), define(rows)])
        await registrar.heard(wire.Declare)
        await registrar.heard(wire.Declare)
        assert [template.interface for template in registrar.declared] == [
            "double",
            "double",
            "rows",
        ]


async def test_end_leaves_no_task(registrar: Registrar) -> None:
    async with Running(registrar, hang) as running:
        await registrar.provide("hang")
        registrar.assign("7")
        await registrar.heard(wire.Log)
        running.stop.set()
        await asyncio.wait_for(running.task, 5)
    names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]
    assert not [name for name in names if name.startswith("Agent.")]
