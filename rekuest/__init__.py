"""Self-documenting, asynchronous, scalable RPC based on provisionable, untrusted actors.

Names are loaded when they are first used: `import rekuest` itself loads next to nothing.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for true; importing typing takes longer than this

if TYPE_CHECKING:
    from rekuest.actors.running import CurrentAssignation as CurrentAssignation
    from rekuest.actors.running import check_cancelled as check_cancelled
    from rekuest.actors.running import current_assignation as current_assignation
    from rekuest.actors.running import log as log
    from rekuest.actors.running import progress as progress
    from rekuest.app.rekuest import Rekuest as Rekuest
    from rekuest.app.shortcuts import acall as acall
    from rekuest.app.shortcuts import afind as afind
    from rekuest.app.shortcuts import aiterate as aiterate
    from rekuest.app.shortcuts import arun as arun
    from rekuest.app.shortcuts import call as call
    from rekuest.app.shortcuts import find as find
    from rekuest.app.shortcuts import iterate as iterate
    from rekuest.app.shortcuts import register as register
    from rekuest.app.shortcuts import run as run
    from rekuest.auth import ClientCredentialsGrant as ClientCredentialsGrant
    from rekuest.auth import StaticToken as StaticToken
    from rekuest.client.node import NodeHandle as NodeHandle
    from rekuest.errors import AssignationError as AssignationError
    from rekuest.errors import AuthError as AuthError
    from rekuest.errors import CancelledAssignationError as CancelledAssignationError
    from rekuest.errors import DefinitionError as DefinitionError
    from rekuest.errors import ExpandError as ExpandError
    from rekuest.errors import ExpiredError as ExpiredError
    from rekuest.errors import InterruptedAssignationError as InterruptedAssignationError
    from rekuest.errors import LostError as LostError
    from rekuest.errors import ParkedError as ParkedError
    from rekuest.errors import RejectedError as RejectedError
    from rekuest.errors import RekuestError as RekuestError
    from rekuest.errors import RemoteError as RemoteError
    from rekuest.errors import ServerError as ServerError
    from rekuest.errors import ShrinkError as ShrinkError
    from rekuest.errors import StructureError as StructureError
    from rekuest.errors import TransportError as TransportError
    from rekuest.errors import UsageError as UsageError
    from rekuest.structures.registry import structure as structure

__version__ = "0.1.0"

_MODULES = {
    "rekuest.actors.running": (
        "CurrentAssignation",
        "check_cancelled",
        "current_assignation",
        "log",
        "progress",
    ),
    "rekuest.app.rekuest": ("Rekuest",),
    "rekuest.app.shortcuts": (
        "acall",
        "afind",
        "aiterate",
        "arun",
        "call",
        "find",
        "iterate",
        "register",
        "run",
    ),
    "rekuest.auth": ("ClientCredentialsGrant", "StaticToken"),
    "rekuest.client.node": ("NodeHandle",),
    "rekuest.errors": (
        "AssignationError",
        "AuthError",
        "CancelledAssignationError",
        "DefinitionError",
        "ExpandError",
        "ExpiredError",
        "InterruptedAssignationError",
        "LostError",
        "ParkedError",
        "RejectedError",
        "RekuestError",
        "RemoteError",
        "ServerError",
        "ShrinkError",
        "StructureError",
        "TransportError",
        "UsageError",
    ),
    "rekuest.structures.registry": ("structure",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - a test compares it with the list above


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'rekuest' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
