"""Frames to messages and back, strictly.  Source: schema/PROTOCOL.md, 1.2-1.6; called by both machines.

`decode` and the readers accept or raise `RemoteProtocolError`, nothing else, whatever arrives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final, NamedTuple, NoReturn

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from rekuest.api import wire
from rekuest.errors import LocalProtocolError, RemoteProtocolError
from rekuest.protocol.closing import CLOSE_CODES, close_name, should_reconnect
from rekuest.protocol.limits import HELLO_LIMITS, nesting

__all__ = [
    "CLOSE_CODES",
    "HELLO_LIMITS",
    "Frame",
    "close_name",
    "decode",
    "encode",
    "encode_bytes",
    "open_frame",
    "read_client",
    "read_hello",
    "read_raw",
    "read_server",
    "should_reconnect",
]

# Python's own bound on the digits of an integer is the schema's.
_INT_DIGITS: Final = 4300
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ESCAPED: Final = "\\u"


class Frame(NamedTuple):
    """What came in one frame."""

    messages: list[dict[str, Any]]  # JSON objects, not yet of any type
    size: int  # bytes of UTF-8
    depth: int  # containers that nest, or more if nobody had to count


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value - value != 0.0:  # inf - inf is NaN
        raise ValueError(f"{text[:40]} is no finite number")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a key twice")
    return found


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_finite, parse_constant=_refuse_constant
)


def decode(frame: str | bytes, limits: wire.Limits) -> list[Any]:
    """Return the message objects of one frame, in order.

    Args:
        frame: A text message as text; a binary one, as bytes, is refused.
        limits: What the receiver allows: `HELLO_LIMITS` before `Welcome`.

    Raises:
        RemoteProtocolError: The frame breaks 1.2, 1.4 or 1.5; `code` names the `CloseCode`.
    """
    return open_frame(frame, limits).messages


def open_frame(frame: str | bytes, limits: wire.Limits) -> Frame:
    """Do what `decode` does, and tell the frame's size and depth."""
    if not isinstance(frame, str):
        raise RemoteProtocolError("the frame is binary; send text", code="PROTOCOL_ERROR")
    size = _size(frame, limits.frame_bytes)
    messages = read_raw(frame)
    if type(messages) is not list:
        raise _bad("it is no array")
    if len(messages) > limits.messages:
        raise _bad(f"it has {len(messages)} messages (limit {limits.messages})")
    if any(type(message) is not dict for message in messages):
        raise _bad("its array holds something that is no object")
    depth = frame.count("[") + frame.count("{")  # it cannot nest deeper than it opens
    if depth > limits.depth:
        depth = nesting(messages, limits.depth)
        if depth > limits.depth:
            raise _bad(f"it nests more than {limits.depth} containers")
    if _ESCAPED in frame:
        _check_texts(messages)
    return Frame(messages, size, depth)


def _bad(what: str) -> RemoteProtocolError:
    return RemoteProtocolError(f"the frame cannot be read: {what}", code="BAD_FRAME")


def _size(frame: str, limit: int) -> int:
    """Return the bytes of UTF-8, encoding only what is not ASCII."""
    size = len(frame)
    if size <= limit and not frame.isascii():
        try:
            size = len(frame.encode())
        except UnicodeEncodeError as exc:
            raise RemoteProtocolError("the frame is not UTF-8", code="INVALID_DATA") from exc
    if size > limit:
        raise RemoteProtocolError(
            f"the frame has more than {limit} bytes; split it", code="FRAME_TOO_LARGE"
        )
    return size


def read_raw(text: str | bytes) -> Any:
    """Parse strict JSON; duplicate keys, constants, 1e999, long integers and bad syntax are refused.

    Raises:
        RemoteProtocolError: `code` is `BAD_FRAME`.
    """
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode())
    except RecursionError as exc:
        raise _bad("it nests too deep") from exc
    except json.JSONDecodeError as exc:
        raise _bad(f"{exc.msg} at character {exc.pos}") from exc
    except ValueError as exc:
        raise _bad(str(exc).partition(";")[0]) from exc


def _check_texts(messages: list[Any]) -> None:
    """Refuse lone surrogates and NUL; only an escape can have brought them in."""
    waiting: list[Any] = [messages]
    while waiting:
        part = waiting.pop()
        kind = type(part)
        if kind is dict:
            waiting.extend(part)
            waiting.extend(part.values())
        elif kind is list:
            waiting.extend(part)
        elif kind is str:
            if "\0" in part:
                raise _bad("a text contains NUL")
            if not part.isascii() and _LONE_SURROGATE.search(part):
                raise _bad("a text contains a lone surrogate")


def read_client(found: Any) -> wire.ClientMessage:
    """Make the message that a client sent from its JSON object.

    Raises:
        RemoteProtocolError: `code` is `BAD_MESSAGE` if it is not of its type, `OUT_OF_PLACE` if it is
            a message of the server.
    """
    model = _class_of(found, wire.CLIENT_MESSAGES, wire.SERVER_MESSAGES)
    message: wire.ClientMessage = _read(found, model)
    if model in _CHECKED:
        _check_fields(message)
    return message


def read_server(found: Any) -> wire.ServerMessage:
    """Make the message that a server sent from its JSON object; unknown enum values are kept.

    Raises:
        RemoteProtocolError: As `read_client`.
    """
    model = _class_of(found, wire.SERVER_MESSAGES, wire.CLIENT_MESSAGES)
    message: wire.ServerMessage = _read(found, model)
    return message


def read_hello(found: Any) -> wire.Hello:
    """Make a `Hello` from its JSON object; a field that it lacks is refused.  Source: 2.2."""
    hello: wire.Hello = _read(found, wire.Hello)
    _refuse_unknown(found, wire.Hello)
    _refuse_unknown(found["app"], wire.AppIdentity)
    return hello


def _class_of(
    found: Any, known: Mapping[str, type[BaseModel]], others: Mapping[str, type[BaseModel]]
) -> type[BaseModel]:
    tag = found.get("__typename") if isinstance(found, dict) else None
    if not isinstance(tag, str):
        raise RemoteProtocolError("the message has no __typename", code="BAD_MESSAGE")
    model = known.get(tag)
    if model is not None:
        return model
    if tag in others:
        raise RemoteProtocolError(f"{tag!r} is a message of the other side", code="OUT_OF_PLACE")
    raise RemoteProtocolError(f"no message is called {tag[:100]!r}", code="BAD_MESSAGE")


def _read(found: Any, model: type[BaseModel]) -> Any:
    try:
        return model.__pydantic_validator__.validate_python(found, by_alias=True, by_name=False)
    except ValidationError as exc:
        raise _not_of_type(model, _problems(exc)) from exc


def _not_of_type(model: type[BaseModel], problems: str) -> RemoteProtocolError:
    return RemoteProtocolError(
        f"{model.__name__!r} is not of its type: {problems}", code="BAD_MESSAGE"
    )


# Messages of clients with fields that the classes read more leniently than a server may.  Enums inside
# a `Declare` stay open: what cannot be taken is told for each template (3.7).
_CHECKED: Final[Mapping[type[BaseModel], tuple[str, ...]]] = {
    wire.Call: ("priority",),
    wire.Reserve: ("strategy",),
    wire.Log: ("level", "at"),
}


def _check_fields(message: BaseModel) -> None:
    """Refuse enum values that this version does not know, and naive instants."""
    for name in _CHECKED[type(message)]:
        value = getattr(message, name)
        if isinstance(value, Enum) and value.name not in type(value).__members__:
            raise _not_of_type(
                type(message), f"{name}: one of {', '.join(type(value).__members__)}"
            )
        if isinstance(value, datetime) and value.tzinfo is None:
            raise _not_of_type(type(message), f"{name}: an instant with its offset from UTC")


def _refuse_unknown(found: Mapping[str, Any], model: type[BaseModel]) -> None:
    known = {str(field.validation_alias) for field in model.model_fields.values()}
    if unknown := sorted(found.keys() - known):
        raise _not_of_type(model, f"{unknown[0][:100]!r} is no field of it")


def _problems(error: ValidationError) -> str:
    """List the first few problems, without values: a value may be a token."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    listed = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found[:5]]
    more = [f"and {len(found) - 5} more"] if len(found) > 5 else []
    return "; ".join([*listed, *more])[:1000]


def encode(message: BaseModel) -> str:
    """Return the JSON text of one message; null fields are left out, null inside `Args` is kept.

    Raises:
        LocalProtocolError: A value in it cannot travel: NaN, infinity, a lone surrogate, NUL, an
            integer of more than 4,300 digits, or something that is no JSON.
    """
    return encode_bytes(message).decode()


def encode_bytes(message: BaseModel) -> bytes:
    """Return the JSON of one message as UTF-8; see `encode`."""
    try:
        data = message.__pydantic_serializer__.to_json(message, by_alias=True, exclude_none=True)
    except PydanticSerializationError as exc:
        raise LocalProtocolError(f"{type(message).__name__!r} cannot be sent: {exc}") from exc
    if (
        b"NaN" in data
        or b"Infinity" in data
        or b"\\u0000" in data
        or (len(data) > _INT_DIGITS and _may_have_long_int(data))
    ):
        _prove(message, data)
    return data


def _may_have_long_int(data: bytes) -> bool:
    """Probe so often that no run of more than 4,300 digits can lie between two probes."""
    return any(48 <= byte <= 57 for byte in data[_INT_DIGITS::_INT_DIGITS])


def _prove(message: BaseModel, data: bytes) -> None:
    """Read what would be sent as the peer will: the suspicion may only be a text about NaN."""
    try:
        _check_texts([read_raw(data)])
    except RemoteProtocolError as exc:
        reason = str(exc).removeprefix("the frame cannot be read: ")
        raise LocalProtocolError(f"{type(message).__name__!r} cannot be sent: {reason}") from exc
