"""One running instance of an app: declares its functions, hosts their actors, runs calls.

Carries out what `protocol.AgentSession` decides.  Everything here runs on one event loop; one task
group owns all tasks, and nothing that a function does ends it.  Source: schema/PROTOCOL.md, 3, 4.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rekuest.actors.actor import Actor
from rekuest.actors.boundary import describe_exception
from rekuest.actors.spawn import spawn
from rekuest.actors.threads import WorkerThreads
from rekuest.agent.call import Call
from rekuest.agent.declaration import Declaration
from rekuest.agent.sender import Sender
from rekuest.api import enums, wire
from rekuest.client.caller import current_parent
from rekuest.client.connection import Connection
from rekuest.clock import Clock
from rekuest.definition import Definition
from rekuest.errors import LocalProtocolError, RekuestError, UsageError
from rekuest.protocol import work
from rekuest.protocol.agent import AgentSession

__all__ = ["Agent"]

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Hosted:
    """An actor that a provision keeps up."""

    actor: Actor
    calls: set[tuple[str, int]] = field(default_factory=set)  # (assignation, attempt) under way
    is_ending: bool = False  # despawn when the last call has ended


class Agent:
    """Provides functions over one connection.  `run` is called once."""

    def __init__(
        self,
        connection: Connection,
        definitions: Sequence[Definition],
        *,
        clock: Clock,
        takeover: bool = False,
    ) -> None:
        """Prepare to provide.

        Args:
            connection: Need not be open; callers may use it as well.
            definitions: What to provide; one an interface.
            clock: Tells log lines their time.
            takeover: Replace a live agent of the same identity.
        """
        self.loop = asyncio.get_running_loop()
        self._connection = connection
        self._clock = clock
        self._takeover = takeover
        self._declaration = Declaration(definitions, takeover=takeover)
        self._session = AgentSession()
        self._sender = Sender(connection, self._session)
        self._workers = WorkerThreads()
        self._hosted: dict[str, Hosted] = {}  # by provision
        self._calls: dict[tuple[str, int], Call] = {}  # by assignation and attempt
        self._tasks: set[asyncio.Task[None]] = set()
        self._group = asyncio.TaskGroup()
        self._ended: asyncio.Future[RekuestError | None] = self.loop.create_future()
        self._is_closing = False
        self._context = contextvars.copy_context()  # what user code sees

    async def run(self, until: Callable[[], Awaitable[None]] | None = None) -> None:
        """Declare and provide; try for ever to reach the server.

        Args:
            until: Awaited beside it; when it returns, the agent ends. None: it ends by cancellation.

        Raises:
            UsageError: Another live agent has this identity.
            RekuestError: The server refuses this app for good, or another session replaced it.
        """
        self._context = contextvars.copy_context()
        reason = None
        try:
            async with self._group:
                try:
                    self._listen()
                    self._start(self._open())
                    if until is not None:
                        self._start(self._end_after(until))
                    reason = await self._ended
                finally:
                    self._is_closing = True
                    for task in self._tasks:
                        task.cancel()
        finally:
            self._workers.close()
        if reason is not None:
            raise reason

    def replace(self, definitions: Sequence[Definition]) -> None:
        """Provide other functions from now on; what is gone ends.  Called on the loop."""
        self._declaration = Declaration(definitions, takeover=self._takeover)
        self._sender.send(self._declaration.ask())

    def _listen(self) -> None:
        self._connection.on_ended(self._end)
        self._connection.subscribe(self._receive)
        self._connection.on_opened(self._on_opened)

    async def _open(self) -> None:
        try:
            await self._connection.open(retry_forever=True)
        except RekuestError as exc:
            self._end(exc)

    async def _end_after(self, until: Callable[[], Awaitable[None]]) -> None:
        await until()
        self._end(None)

    def _end(self, reason: RekuestError | None) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)

    def _start(self, run: Coroutine[Any, Any, None]) -> None:
        task = self._group.create_task(run, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_opened(self, welcome: wire.Welcome) -> Iterable[wire.ClientMessage]:
        if not self._is_closing:
            # Sent here and not returned, so that an event over new limits can be replaced.
            self._sender.send(self._declaration.ask())
            self._carry_out(self._session.opened(welcome))
        return ()

    def _receive(self, message: wire.ServerMessage) -> None:
        if self._is_closing:
            return
        match message:
            case wire.Declared():
                self._on_declared(message)
            case wire.Refused(message="Declare"):
                self._on_declare_refused(message)
            case _:
                self._carry_out(self._session.receive(message))
        if isinstance(message, wire.Acknowledged):
            for receipt in message.receipts:
                call = self._calls.get((receipt.assignation, receipt.attempt))
                if call is not None:
                    call.acknowledge()

    def _on_declared(self, declared: wire.Declared) -> None:
        if declared.digest != self._declaration.digest:
            return  # of a set that was replaced meanwhile
        if not declared.complete:
            self._declare_bodies()
            return
        for diagnostic in declared.diagnostics:
            logger.warning("function %s: %s", diagnostic.interface, diagnostic.message)
        refused = {it.interface for it in declared.diagnostics if not it.accepted}
        names = [name for name in self._declaration.definitions if name not in refused]
        logger.info(
            "connected to %s as %s; provides %d %s: %s",
            self._connection.url,
            self._connection.identity.identifier,
            len(names),
            "function" if len(names) == 1 else "functions",
            ", ".join(names[:10]) + (", …" if len(names) > 10 else ""),
        )

    def _declare_bodies(self) -> None:
        assert self._connection.welcome is not None  # it has answered
        try:
            parts = self._declaration.parts(self._connection.welcome.limits)
        except LocalProtocolError as exc:
            self._end(exc)
            return
        for part in parts:
            self._sender.send(part)

    def _on_declare_refused(self, refused: wire.Refused) -> None:
        if refused.code in _TRY_AGAIN:
            logger.warning("cannot declare: %s; trying again", refused.reason)
            self._start(self._declare_again())
        elif refused.code == enums.ErrorCode.AGENT_EXISTS:
            self._end(
                UsageError(
                    f"cannot provide: {refused.reason}; stop it, give this program another "
                    "instance_id=, or replace it with takeover=True"
                )
            )
        else:
            self._end(UsageError(f"the server refuses the declaration: {refused.reason}"))

    async def _declare_again(self) -> None:
        await self._clock.sleep_until(self._clock.monotonic() + DECLARE_PAUSE)
        self._sender.send(self._declaration.ask())

    def _carry_out(self, instructions: Sequence[work.Instruction]) -> None:
        for instruction in instructions:
            _METHODS[type(instruction)](self, instruction)

    def _send(self, instruction: work.Send) -> None:
        self._sender.send(instruction.message)

    def _spawn(self, instruction: work.Spawn) -> None:
        provision = instruction.provision
        try:
            definition = self._declaration.definitions[instruction.interface]
            actor = spawn(definition, self._workers)
        except (LookupError, RekuestError) as exc:
            self._sender.send(self._session.provide_failed(provision, describe_exception(exc)))
            return
        self._hosted[provision] = Hosted(actor)
        self._sender.send(self._session.provided(provision, actor.concurrency))

    def _despawn(self, instruction: work.Despawn) -> None:
        hosted = self._hosted.get(instruction.provision)
        if hosted is not None:
            hosted.is_ending = True
        self._unprovide_if_idle(instruction.provision)

    def _unprovide_if_idle(self, provision: str) -> None:
        hosted = self._hosted.get(provision)
        if hosted is None or (hosted.is_ending and not hosted.calls):
            self._hosted.pop(provision, None)
            self._sender.send(self._session.unprovided(provision))

    def _run(self, instruction: work.Run) -> None:
        assign = instruction.assign
        hosted = self._hosted.get(assign.provision)
        if hosted is None or hosted.is_ending:
            refused = self._session.refuse(
                assign.assignation,
                assign.attempt,
                enums.ErrorCode.NOT_FOUND,
                "the actor is going; assign it elsewhere",
            )
            if refused is not None:
                self._sender.send(refused)
            return
        call = Call(assign, hosted.actor, self._sender, self._clock)
        self._calls[call.key] = call
        hosted.calls.add(call.key)
        self._sender.event(self._session.accept(*call.key))
        self._start(self._run_call(call, assign.provision))

    async def _run_call(self, call: Call, provision: str) -> None:
        current_parent.set(call.key[0])  # calls that the function makes are its children
        try:
            await call.run(lambda: self._is_closing)
        except Exception:  # noqa: BLE001 - a defect of ours must not end the other calls
            logger.exception("cannot report the end of call %s", call.key[0])
        finally:
            del self._calls[call.key]
            self._hosted[provision].calls.discard(call.key)
            if not self._is_closing and self._hosted[provision].is_ending:
                self._unprovide_if_idle(provision)

    def _stop(self, instruction: work.Stop | work.Kill) -> None:
        call = self._calls.get((instruction.assignation, instruction.attempt))
        if call is not None:
            call.stop(by_force=isinstance(instruction, work.Kill))

    def _refuse_control(self, instruction: work.Hold | work.Continue | work.StepOn) -> None:
        self._sender.send(
            self._session.refuse_control(
                instruction.message,
                enums.ErrorCode.CANNOT_PAUSE,
                "this function has no breakpoint to hold at",
            )
        )


DECLARE_PAUSE = 1.0  # seconds until a declaration that the server could not store is sent again
_TRY_AGAIN = frozenset(
    {
        enums.ErrorCode.INTERNAL,
        enums.ErrorCode.OUT_OF_PLACE,
        enums.ErrorCode.RATE_LIMITED,
        enums.ErrorCode.UNAVAILABLE,
    }
)
_METHODS: dict[type, Callable[[Agent, Any], None]] = {
    work.Continue: Agent._refuse_control,
    work.Despawn: Agent._despawn,
    work.Hold: Agent._refuse_control,
    work.Kill: Agent._stop,
    work.Run: Agent._run,
    work.Send: Agent._send,
    work.Spawn: Agent._spawn,
    work.StepOn: Agent._refuse_control,
    work.Stop: Agent._stop,
}
