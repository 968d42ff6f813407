"""Random orders of messages, losses and reconnects: no event is lost, none comes twice.

Caller, server and agent are joined by queues that a cut empties.  The server is a model of what
PROTOCOL.md asks of it, small enough to be seen to be right.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rekuest.api import enums, wire
from rekuest.protocol.agent import AgentSession, Run, Send
from rekuest.protocol.agent import Instruction as Work
from rekuest.protocol.caller import Accepted, CallerSession, Happened, Update
from rekuest.protocol.caller import Send as CallerSend
from tests.protocol.messages import accepted, assign, believing, call, event, receipt, welcome

KIND = enums.AssignationEventKind
STATUS = enums.AssignationStatus
KINDS = {wire.Accepted: KIND.ACCEPTED, wire.Yield: KIND.YIELD, wire.Done: KIND.DONE}


@dataclass
class Stored:
    """One call in the server's record."""

    reference: str
    assignation: str
    seq: int = 0  # the agent's last event
    events: list[wire.Event] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether the terminal event is stored."""
        return self.events[-1].event.kind is KIND.DONE

    def add(self, kind: enums.AssignationEventKind, returns: dict[str, int] | None) -> wire.Event:
        """Number an event and store it."""
        made = event(len(self.events) + 1, kind, self.assignation, returns=returns)
        self.events.append(made)
        return made


@dataclass
class Wire:
    """The two directions of one connection."""

    up: deque[wire.ClientMessage] = field(default_factory=deque)
    down: deque[wire.ServerMessage] = field(default_factory=deque)

    def cut(self) -> None:
        """Lose everything that is under way."""
        self.up.clear()
        self.down.clear()


class Reconnects(RuleBasedStateMachine):
    """The whole path of a call, one message at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, Stored] = {}  # by assignation
        self.caller, self.agent = CallerSession(), AgentSession()
        self.to_caller, self.to_agent = Wire(), Wire()
        self.followed: set[str] = set()  # what the caller's connection is told of
        self.seen: dict[str, list[wire.AssignationEvent]] = {}  # by reference
        self.started: list[str] = []  # each call as often as the agent ran it
        self.running: list[str] = []
        self.values: dict[str, list[int]] = {}  # what the agent's functions yielded
        self.agent.receive(wire.Provide(provision="p1", interface="f"))
        self.agent.provided("p1", 10)

    # What people do

    @precondition(lambda self: len(self.seen) < 5)
    @rule()
    def make_a_call(self) -> None:
        reference = f"r{len(self.seen)}"
        self.seen[reference] = []
        self.to_caller.up.append(self.caller.call(call(reference)))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def yield_a_value(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.running))
        value = len(self.values[name])
        self.values[name].append(value)
        self._report(self.agent.yield_(name, 1, {"return": value}))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def end_a_call(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.running))
        self.running.remove(name)
        self._report(self.agent.done(name, 1, None))

    # What the network does

    @precondition(lambda self: self.to_caller.up)
    @rule()
    def a_message_of_the_caller_arrives(self) -> None:
        match self.to_caller.up.popleft():
            case wire.Call() as message:
                self._on_call(message)
            case wire.Attach(assignation=str(name), after=after):
                self._on_attach(self.calls[name], after)

    @precondition(lambda self: self.to_caller.down)
    @rule()
    def a_message_for_the_caller_arrives(self) -> None:
        self._follow(self.caller.receive(self.to_caller.down.popleft()))

    @precondition(lambda self: self.to_agent.up)
    @rule()
    def a_message_of_the_agent_arrives(self) -> None:
        message = self.to_agent.up.popleft()
        assert isinstance(message, wire.Accepted | wire.Yield | wire.Done)
        stored = self.calls[message.assignation]
        assert message.seq <= stored.seq + 1
        if message.seq == stored.seq + 1:
            stored.seq = message.seq
            happened = stored.add(KINDS[type(message)], getattr(message, "returns", None))
            if stored.assignation in self.followed:
                self.to_caller.down.append(happened)
        self.to_agent.down.append(
            wire.Acknowledged(receipts=[receipt(stored.assignation, message.seq)])
        )

    @precondition(lambda self: self.to_agent.down)
    @rule()
    def a_message_for_the_agent_arrives(self) -> None:
        self._work(self.agent.receive(self.to_agent.down.popleft()))

    @rule()
    def the_caller_reconnects(self) -> None:
        self.to_caller.cut()
        self.followed.clear()
        self.to_caller.up.extend(self.caller.opened(welcome(resumed=True)))

    @rule()
    def the_agent_reconnects(self) -> None:
        self.to_agent.cut()
        open_calls = [one for one in self.calls.values() if not one.is_over]
        receipts = [receipt(one.assignation, one.seq) for one in open_calls]
        self._work(self.agent.opened(believing(*receipts)))
        self.to_agent.down.extend(assign(one.assignation) for one in open_calls if one.seq == 0)

    @rule()
    def the_server_assigns_again(self) -> None:
        waiting = (one for one in self.calls.values() if one.seq == 0)
        self.to_agent.down.extend(assign(one.assignation) for one in waiting)

    # What must hold

    @invariant()
    def the_caller_has_seen_a_prefix(self) -> None:
        for stored in self.calls.values():
            seen = self.seen[stored.reference]
            numbers = [one.number for one in seen]
            first = numbers[0] if numbers else 1
            assert first in (1, 2)  # QUEUED may be summed up by CallAccepted
            assert seen == [one.event for one in stored.events[first - 1 :]][: len(seen)]

    @invariant()
    def each_call_runs_once(self) -> None:
        assert len(self.started) == len(set(self.started))

    def teardown(self) -> None:
        """Let everything arrive: then every call has ended, for everybody, with all its values."""
        self.the_agent_reconnects()
        self.the_caller_reconnects()
        self._settle()
        while self.running:
            self._report(self.agent.done(self.running.pop(), 1, None))
        self._settle()
        for stored in self.calls.values():
            seen = self.seen[stored.reference]
            yielded = [one.returns for one in seen if one.kind is KIND.YIELD]
            assert yielded == [{"return": value} for value in self.values[stored.assignation]]
            assert [one.kind for one in seen].count(KIND.DONE) == 1
            assert seen[-1].kind is KIND.DONE
        assert not self.agent._attempts
        assert not self.caller._calls

    def _settle(self) -> None:
        arrivals = {
            id(self.to_caller.up): self.a_message_of_the_caller_arrives,
            id(self.to_caller.down): self.a_message_for_the_caller_arrives,
            id(self.to_agent.up): self.a_message_of_the_agent_arrives,
            id(self.to_agent.down): self.a_message_for_the_agent_arrives,
        }
        queues = (self.to_caller.up, self.to_caller.down, self.to_agent.up, self.to_agent.down)
        while any(queues):
            for queue in queues:
                if queue:
                    arrivals[id(queue)]()

    def _report(self, message: wire.ClientMessage | None) -> None:
        assert message is not None
        self.to_agent.up.append(message)

    def _work(self, instructions: list[Work]) -> None:
        for instruction in instructions:
            match instruction:
                case Send(message):
                    self.to_agent.up.append(message)
                case Run(assigned):
                    name = assigned.assignation
                    self.started.append(name)
                    self.running.append(name)
                    self.values[name] = []
                    self._report(self.agent.accept(name, 1))
                case _:
                    raise AssertionError(instruction)

    def _follow(self, updates: list[Update]) -> None:
        for update in updates:
            match update:
                case Happened(reference, _, happened):
                    self.seen[reference].append(happened)
                case CallerSend(message):
                    self.to_caller.up.append(message)
                case Accepted():
                    pass
                case _:
                    raise AssertionError(update)

    def _on_call(self, message: wire.Call) -> None:
        name = f"a-{message.reference}"
        if name not in self.calls:
            stored = self.calls[name] = Stored(message.reference, name)
            stored.add(KIND.QUEUED, None)
            self.to_agent.down.append(assign(name))
        stored = self.calls[name]
        self.followed.add(name)
        status = STATUS.DONE if stored.is_over else STATUS.RUNNING if stored.seq else STATUS.QUEUED
        number = len(stored.events)
        self.to_caller.down.append(accepted(message.reference, name, status=status, number=number))

    def _on_attach(self, stored: Stored, after: int) -> None:
        self.followed.add(stored.assignation)
        attached = wire.Attached(
            assignation=stored.assignation,
            reference=stored.reference,
            status=STATUS.RUNNING,
            number=len(stored.events),
        )
        self.to_caller.down.append(attached)
        self.to_caller.down.extend(stored.events[after:])


TestReconnects = Reconnects.TestCase
TestReconnects.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
