"""Messages as the tests of the machines need them: valid, short, every field open to change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from rekuest.api import enums, wire
from rekuest.protocol.codec import encode
from rekuest.protocol.instruction import Shut

LIMITS = wire.Limits(frame_bytes=64 * 1024, depth=16, messages=50, open_calls=100, queued_calls=100)
PRINCIPAL = wire.Principal(user="1", user_name="ada", app="lab", organization="1")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ERROR = wire.ExceptionInfo(type="ValueError", message="no", notes=[])


def frame(*messages: BaseModel) -> str:
    """Return the text of a frame of messages."""
    return f"[{','.join(encode(message) for message in messages)}]"


def raw(message: BaseModel) -> dict[str, Any]:
    """Return a message as the JSON object that travels."""
    found: dict[str, Any] = json.loads(encode(message))
    return found


def hello(**fields: Any) -> wire.Hello:
    """Return a client's first message."""
    given = {
        "token": "secret-token",
        "protocol_version": 1,
        "app": wire.AppIdentity(identifier="lab", version="1"),
        "instance_id": "host",
        "session_id": "s1",
    }
    return wire.Hello(**(given | fields))


def welcome(**fields: Any) -> wire.Welcome:
    """Return the server's answer."""
    given = {
        "session_id": "s1",
        "protocol_version": 1,
        "server_version": "0.1.0",
        "principal": PRINCIPAL,
        "limits": LIMITS,
        "heartbeat_interval": 5.0,
        "lease_duration": 10.0,
        "resumed": False,
        "believed": [],
    }
    return wire.Welcome(**(given | fields))


def believing(*receipts: wire.Receipt) -> wire.Welcome:
    """Return the welcome of a session that goes on."""
    return welcome(resumed=True, believed=list(receipts))


def receipt(assignation: str, seq: int, attempt: int = 1) -> wire.Receipt:
    """Name an agent's event."""
    return wire.Receipt(assignation=assignation, attempt=attempt, seq=seq)


def assign(assignation: str = "a1", **fields: Any) -> wire.Assign:
    """Return a call for an agent."""
    given = {
        "assignation": assignation,
        "attempt": 1,
        "provision": "p1",
        "args": {"x": 1},
        "caller": PRINCIPAL,
        "ephemeral": False,
    }
    return wire.Assign(**(given | fields))


def call(reference: str = "r1", **fields: Any) -> wire.Call:
    """Return a caller's call."""
    given = {
        "reference": reference,
        "node": "n1",
        "args": {"x": 1},
        "wait": False,
        "priority": enums.Priority.NORMAL,
        "ephemeral": False,
        "cached": False,
        "cancel_on_disconnect": False,
    }
    return wire.Call(**(given | fields))


def reserve(reference: str = "v1") -> wire.Reserve:
    """Return a caller's reservation."""
    return wire.Reserve(
        reference=reference,
        node="n1",
        desired_instances=1,
        minimal_instances=1,
        strategy=enums.Strategy.LEAST_BUSY,
        apps=[],
        agents=[],
        templates=[],
        labels=[],
        wait=False,
    )


def event(
    number: int | None,
    kind: enums.AssignationEventKind = enums.AssignationEventKind.YIELD,
    assignation: str = "a1",
    **fields: Any,
) -> wire.Event:
    """Return what a caller is told of its call."""
    happened = wire.AssignationEvent(number=number, kind=kind, attempt=1, at=NOON, **fields)
    return wire.Event(assignation=assignation, event=happened)


def accepted(reference: str = "r1", assignation: str = "a1", **fields: Any) -> wire.CallAccepted:
    """Return the answer to a call."""
    given = {"status": enums.AssignationStatus.QUEUED, "number": 1}
    return wire.CallAccepted(reference=reference, assignation=assignation, **(given | fields))


def log(message: str = "line", assignation: str = "a1", dropped: int = 0) -> wire.Log:
    """Return a log line of an agent."""
    return wire.Log(
        assignation=assignation,
        attempt=1,
        level=enums.LogLevel.INFO,
        message=message,
        at=NOON,
        dropped=dropped,
    )


def progress(done: float, assignation: str = "a1") -> wire.Progress:
    """Return a progress of an agent."""
    return wire.Progress(assignation=assignation, attempt=1, done=done)


def refused(message: str, subject: str | None, code: str, **fields: Any) -> wire.Refused:
    """Return a refusal."""
    given = {"message": message, "subject": subject, "code": enums.ErrorCode(code), "reason": "no"}
    return wire.Refused(**(given | fields))


def template(interface: str, **fields: Any) -> wire.TemplateDeclaration:
    """Return the declaration of a function without arguments."""
    given = {
        "interface": interface,
        "name": interface,
        "title": interface.title(),
        "kind": enums.NodeKind.FUNCTION,
        "idempotent": False,
        "pure": False,
        "ports": [],
        "groups": [],
        "concurrency": 1,
        "autoprovide": False,
        "labels": [],
        "pausable": False,
    }
    return wire.TemplateDeclaration(**(given | fields))


def the_refusal(instructions: Sequence[object]) -> wire.Refused:
    """Return the `Refused` that is all that was asked to be sent."""
    (instruction,) = instructions
    message = getattr(instruction, "message", None)
    assert isinstance(message, wire.Refused)
    return message


def close_code(instructions: Sequence[object]) -> int:
    """Return the code of the closing that is all that was asked for."""
    (instruction,) = instructions
    assert isinstance(instruction, Shut)
    return instruction.code
