"""Which node is meant: what is asked of the server, and the choice among its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rekuest.api.results.list_nodes import ListNodesItems, ListNodesItemsTemplatesItems
from rekuest.errors import UsageError

__all__ = ["Wanted", "choose", "none_left"]

_SHOWN = 10  # nodes that an error lists


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `find` was asked for; at least one is given."""

    interface: str | None = None
    app: str | None = None
    name: str | None = None
    hash: str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        if not self.given:
            raise UsageError(
                'find() needs to know which node: interface="my_function", name=, app=, hash= or id='
            )

    @property
    def given(self) -> dict[str, str]:
        """{argument: value} of those that were given."""
        found = {name: getattr(self, name) for name in ("interface", "app", "name", "hash", "id")}
        return {name: value for name, value in found.items() if value is not None}

    def __str__(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.given.items())


def choose(
    wanted: Wanted, nodes: Sequence[ListNodesItems], own_app: str, url: str
) -> ListNodesItems:
    """Return the one node that is meant: one's own app's first, then those that can be called.

    Args:
        wanted: What was asked for; the server has filtered by it.
        nodes: What it answered.
        own_app: Identifier of the app that asks.
        url: The server's, for errors.

    Raises:
        UsageError: There is none, or several are left; says what to check, or which argument decides.
    """
    if not nodes:
        raise none_left(wanted, url)
    own = [node for node in nodes if any(it.app.identifier == own_app for it in _of(wanted, node))]
    left = _fewer(own, nodes) if wanted.app is None else nodes
    left = _fewer([node for node in left if node.is_callable], left)
    if len(left) == 1:
        return left[0]
    raise _several_left(wanted, left)


def none_left(wanted: Wanted, url: str) -> UsageError:
    """Return the error of a node that is not there."""
    return UsageError(
        f"no node with {wanted} at {url}; check the spelling, that the app that provides it has run "
        "there, and that it belongs to the same user (rekuest shows only one's own apps by default)"
    )


def _of(wanted: Wanted, node: ListNodesItems) -> list[ListNodesItemsTemplatesItems]:
    """Return the templates by which a node was found."""
    every = node.templates.items
    return [it for it in every if wanted.interface in (None, it.interface)] or every


def _fewer(
    preferred: Sequence[ListNodesItems], every: Sequence[ListNodesItems]
) -> Sequence[ListNodesItems]:
    return preferred or every


def _several_left(wanted: Wanted, nodes: Sequence[ListNodesItems]) -> UsageError:
    rows = [_row(wanted, node) for node in nodes]
    deciding = next(
        (key for key in ("app", "interface", "name") if _tells_apart(key, wanted, rows)), "hash"
    )
    listed = "".join(
        "\n    " + ", ".join(f"{key}={value!r}" for key, value in row.items() if value)
        for row in rows[:_SHOWN]
    )
    more = f"\n    and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return UsageError(f"{len(rows)} nodes have {wanted}; add {deciding}= to choose:{listed}{more}")


def _tells_apart(key: str, wanted: Wanted, rows: Sequence[dict[str, str]]) -> bool:
    values = {row[key] for row in rows}
    return key not in wanted.given and len(values) == len(rows)


def _row(wanted: Wanted, node: ListNodesItems) -> dict[str, str]:
    templates = _of(wanted, node)
    return {
        "app": ", ".join(sorted({it.app.identifier for it in templates})),
        "interface": ", ".join(sorted({it.interface for it in templates})),
        "name": node.name,
        "hash": str(node.hash),
    }
