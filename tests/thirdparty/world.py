"""What is there for the operations to be performed on: found through `gql` itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.acceptance.process import Process
from tests.acceptance.system import System
from tests.thirdparty.performer import Performer

__all__ = ["VARIABLES", "World"]

Variables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """A running server with an agent, a finished call, and `gql`."""

    system: System
    provider: Process
    gql: Performer

    def first(self, operation: str) -> str:
        """Return the id of the first item that a list operation gives."""
        return str(self.gql.data(operation, {"first": 1})["items"][0]["id"])

    def node(self, name: str) -> str:
        """Return the id of a node."""
        nodes = self.gql.data("ListNodes", {"first": 100})["items"]
        return next(str(node["id"]) for node in nodes if node["name"] == name)

    def call(self, node: str, args: Variables) -> str:
        """Call a node and return the call's id."""
        made = self.gql.data("Assign", {"input": {"node": self.node(node), "args": dict(args)}})
        return str(made["assignation"]["id"])

    def waiting(self) -> str:
        """Return the id of a call that runs until it is ended."""
        name = uuid.uuid4().hex
        identity = self.call("wait_forever", {"name": name})
        self.provider.wait_for(f"waiting {name}")
        return identity

    def finished(self) -> str:
        """Return the id of a call that has given its result."""
        identity = self.call("count", {"to": 2})
        self.gql.perform("WatchAssignationEvents", {"id": identity}, count=-1)
        return identity

    def reservation(self) -> str:
        """Return the id of a new reservation."""
        made = self.gql.data("Reserve", {"input": {"node": self.node("add")}})
        return str(made["reservation"]["id"])

    def client(self) -> str:
        """Return the id of a new OAuth2 client."""
        made = self.gql.data("CreateClient", {"input": {"name": "to be revoked"}})
        return str(made["client"]["id"])

    def user(self) -> str:
        """Return the id of the user that `gql` acts as."""
        return str(self.gql.data("WhoAmI", {})["user"]["id"])


def _nothing(world: World) -> Variables:
    return {}


def _input_id(find: Callable[[World], str]) -> Callable[[World], Variables]:
    return lambda world: {"input": {"id": find(world)}}


def _grant(world: World) -> Variables:
    grantee = {"granteeKind": "USER", "grantee": world.user()}
    return {"input": {**grantee, "verbs": ["CALL"], "object": {"kind": "ORGANIZATION"}}}


def _explain(world: World) -> Variables:
    return {"user": world.user(), "verb": "CALL", "object": {"kind": "ORGANIZATION"}}


# {operation: its variables}; every operation of schema/operations that is no subscription
VARIABLES: dict[str, Callable[[World], Variables]] = {
    "GetServer": _nothing,
    "WhoAmI": _nothing,
    "ListAgents": _nothing,
    "ListApps": _nothing,
    "ListAssignations": _nothing,
    "ListClients": _nothing,
    "ListGrants": _nothing,
    "ListNodes": _nothing,
    "ListProvisions": _nothing,
    "ListReservations": _nothing,
    "ListStructures": _nothing,
    "ListTemplates": _nothing,
    "GetAgent": lambda world: {"id": world.first("ListAgents")},
    "GetApp": lambda world: {"id": world.first("ListApps")},
    "GetAssignation": lambda world: {"id": world.finished()},
    "GetAssignationEvents": lambda world: {"id": world.finished()},
    "GetNode": lambda world: {"id": world.node("describe")},
    "GetProvision": lambda world: {"id": world.first("ListProvisions")},
    "GetReservation": lambda world: {"id": world.reservation()},
    "GetTemplate": lambda world: {"id": world.first("ListTemplates")},
    "Assign": lambda world: {"input": {"node": world.node("add"), "args": {"a": 1}}},
    "Cancel": _input_id(World.waiting),
    "Interrupt": _input_id(World.waiting),
    "Pause": _input_id(World.waiting),
    "Resume": _input_id(World.waiting),
    "Step": _input_id(World.waiting),
    "Reserve": lambda world: {"input": {"node": world.node("add"), "labels": []}},
    "Release": _input_id(World.reservation),
    "CreateClient": lambda world: {"input": {"name": "another"}},
    "RevokeClient": _input_id(World.client),
    "ExplainAccess": _explain,
    "Grant": _grant,
    "Revoke": _input_id(World.user),
}
