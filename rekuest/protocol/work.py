"""What an agent is told to do, and by whom it is answered.  Made by `AgentSession`, carried out by `agent`."""

from __future__ import annotations

from dataclasses import dataclass

from rekuest.api import wire

__all__ = [
    "Continue",
    "Control",
    "Despawn",
    "Hold",
    "Instruction",
    "Kill",
    "Run",
    "Send",
    "Spawn",
    "StepOn",
    "Stop",
]

Control = wire.Pause | wire.Resume | wire.Step


@dataclass(frozen=True, slots=True)
class Spawn:
    """Prepare an actor; answer with `provided` or `provide_failed`."""

    provision: str
    interface: str


@dataclass(frozen=True, slots=True)
class Despawn:
    """Give an actor's resources back after its calls have ended; answer with `unprovided`."""

    provision: str


@dataclass(frozen=True, slots=True)
class Run:
    """Run a call; answer with `accept` or `refuse`, then with its events."""

    assign: wire.Assign


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask a call's function to stop; what it answers then may be of no use any more."""

    assignation: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Kill:
    """End a call's function by force; answer with `interrupted` when it has really ended."""

    assignation: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold a call at its next breakpoint; answer with `paused` or `refuse_control`."""

    message: wire.Pause
    attempt: int


@dataclass(frozen=True, slots=True)
class Continue:
    """Let a paused call go on; answer with `resumed` or `refuse_control`."""

    message: wire.Resume
    attempt: int


@dataclass(frozen=True, slots=True)
class StepOn:
    """Let a paused call go on to its next breakpoint; answer with `resumed` or `refuse_control`."""

    message: wire.Step
    attempt: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message to the server."""

    message: wire.ClientMessage


Instruction = Spawn | Despawn | Run | Stop | Kill | Hold | Continue | StepOn | Send
