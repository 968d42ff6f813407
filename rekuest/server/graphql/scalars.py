"""The schema's own scalars: how each is written and read.  Source: schema/types/scalars.graphql."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from ariadne import ScalarType
from graphql import GraphQLError, ValueNode, value_from_ast_untyped

__all__ = ["SCALARS", "check_json"]

MAX_DEPTH = 64
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")

date_time = ScalarType("DateTime")
json_value = ScalarType("JSON")
args = ScalarType("Args")
hash_value = ScalarType("Hash")

SCALARS = (date_time, json_value, args, hash_value)


def check_json(value: object) -> None:
    """Refuse a value that the socket would not carry.  Source: schema/PROTOCOL.md, 1.4 and 1.5.

    Raises:
        GraphQLError: Too deep, not finite, or text with NUL or a lone surrogate.
    """
    level: list[object] = [value]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return
        for item in level:
            _check_leaf(item)
        level = [part for item in level for part in _parts(item)]
    raise GraphQLError(f"the value is nested more than {MAX_DEPTH} levels deep")


def _check_leaf(item: object) -> None:
    if isinstance(item, float) and not math.isfinite(item):
        raise GraphQLError("NaN and infinity are not JSON")
    if isinstance(item, str) and _UNSENDABLE.search(item):
        raise GraphQLError("text may not hold NUL or a lone surrogate")


def _parts(item: object) -> list[object]:
    if isinstance(item, dict):
        return [*item.keys(), *item.values()]
    return item if isinstance(item, list) else []


@date_time.serializer
def _write_date_time(value: float) -> str:
    return datetime.fromtimestamp(value, UTC).isoformat()


@date_time.value_parser
def _read_date_time(value: Any) -> float:
    if not isinstance(value, str):
        raise GraphQLError("an instant is ISO 8601 text: 2026-03-01T12:00:00+00:00")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError("not an instant: write 2026-03-01T12:00:00+00:00") from None
    if instant.tzinfo is None:
        raise GraphQLError("the instant lacks its offset from UTC: write 2026-03-01T12:00:00+00:00")
    return instant.timestamp()


@json_value.value_parser
def _read_json(value: Any) -> Any:
    check_json(value)
    return value


@json_value.literal_parser
def _read_json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    return _read_json(_literal(node, variables))


@args.value_parser
def _read_args(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise GraphQLError("arguments are an object with one entry a port: {port key: value}")
    check_json(value)
    return value


@args.literal_parser
def _read_args_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    value: dict[str, Any] = _read_args(_literal(node, variables))
    return value


@hash_value.value_parser
def _read_hash(value: Any) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise GraphQLError("a hash is 64 hexadecimal digits in lower case")
    return value


def _literal(node: ValueNode, variables: dict[str, Any] | None) -> Any:
    try:
        return value_from_ast_untyped(node, variables)
    except ValueError:
        raise GraphQLError("the number has too many digits") from None
