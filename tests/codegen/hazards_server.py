"""Executes the hazards in process, with graphql-core, as a client of the generated package."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLSchema,
    build_schema,
    graphql_sync,
    parse,
    subscribe,
)

SIZE = {"width": 3}
USER: dict[str, Any] = {
    "__typename": "User",
    "id": "u1",
    "name": "ann",
    "email": "a@b",
    "initiative_labels": ["snake"],
    "initiativeLabels": ["camel"],
    "status": "ACTIVE",
    "friends": [],
}
BOT: dict[str, Any] = {
    "__typename": "Bot",
    "id": "b1",
    "name": None,
    "price": 4,
    "size": SIZE,
    "owner": USER,
    "friends": [USER],
}
GHOST: dict[str, Any] = {"__typename": "Ghost", "name": "boo", "friends": []}
BOOK: dict[str, Any] = {
    "__typename": "Book",
    "id": "k1",
    "name": "b",
    "price": 5,
    "owner": GHOST,
    "published": "2020-02-03",
    "cost": "1.50",
}
_TRAP_KEYS = "json copy schema model_dump modelConfig class None _private self typename__ type"
TRAP = {key: f"{key}!" for key in _TRAP_KEYS.split()} | {
    "list": [1, None],
    "int": 5,
    "date": "2021-01-01",
    "any": {"x": None},
}


class Server:
    """A client whose server is this process; remembers the variables of the last request."""

    def __init__(self, **root: Any) -> None:
        sdl = (Path(__file__).parent / "hazards" / "schema.graphql").read_text()
        self._schema: GraphQLSchema = build_schema(sdl)
        self.variables: Mapping[str, Any] = {}
        self._root: dict[str, Any] = {
            "node": BOT,
            "actor": BOT,
            "user": {**USER, "friends": [USER, GHOST]},
            "actors": [USER, BOT, GHOST],
            "found": [USER, BOT, BOOK, None],
            "priced": [BOT, BOOK],
            "trap": TRAP,
            "rename": USER,
            **{name: "ok" for name in ("echo", "pay", "odd", "dated", "filtered")},
            **{name: "ok" for name in ("keyed", "quoted")},
            **root,
        }

    def execute(self, operation: Any, variables: Mapping[str, Any]) -> Any:
        """Execute an operation as a server would, and parse what it answers."""
        self.variables = variables
        result = graphql_sync(
            self._schema,
            operation.document,
            self._root,
            variable_values=dict(variables),
            operation_name=operation.name,
        )
        assert result.errors is None, result.errors
        assert result.data is not None
        return operation.parse(result.data)

    async def aexecute(self, operation: Any, variables: Mapping[str, Any]) -> Any:
        """Execute an operation."""
        return self.execute(operation, variables)

    async def asubscribe(self, operation: Any, variables: Mapping[str, Any]) -> AsyncIterator[Any]:
        """Yield three results, or as many as variable `to` says."""

        async def source() -> AsyncIterator[dict[str, Any]]:
            for number in range(variables.get("to", 3)):
                yield {"ticks": number, "users": USER}

        results = await subscribe(
            self._schema,
            parse(operation.document),
            source(),
            variable_values=dict(variables),
            subscribe_field_resolver=lambda root, _info, **_: root,
        )
        assert not isinstance(results, ExecutionResult), results.errors
        async for result in results:
            yield operation.parse(result.data)

    def subscribe(self, operation: Any, variables: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the results of `asubscribe`."""

        async def collect() -> list[Any]:
            return [item async for item in self.asubscribe(operation, variables)]

        yield from asyncio.run(collect())
