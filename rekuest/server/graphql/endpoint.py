"""`/graphql`: the schema, its resolvers and both transports, put together."""

from __future__ import annotations

from functools import cache

from ariadne.asgi import GraphQL
from graphql import GraphQLSchema
from starlette.requests import HTTPConnection

from rekuest.server.graphql.context import Context, Parts, make_context
from rekuest.server.graphql.documents import Documents
from rekuest.server.graphql.errors import SILENT, ErrorFormatter
from rekuest.server.graphql.http import HttpHandler
from rekuest.server.graphql.resolvers import RESOLVERS
from rekuest.server.graphql.schema import executable_schema
from rekuest.server.graphql.websocket import WebSocketHandler

__all__ = ["graphql_endpoint"]


@cache
def _bound_schema() -> GraphQLSchema:
    """Return the schema with all resolvers; they hold no state, so all servers of a process share it."""
    return executable_schema(*RESOLVERS)


def graphql_endpoint(parts: Parts, *, page: str | None = None) -> GraphQL:
    """Return the ASGI app of `/graphql`.

    Args:
        parts: The parts of the server.
        page: HTML that a browser gets; None: browsers get nothing.
    """
    settings = parts.settings
    documents = Documents()

    def context_of_request(request: HTTPConnection, data: object) -> Context:
        return make_context(parts, request.state.principal)

    return GraphQL(
        _bound_schema(),
        context_value=context_of_request,
        query_parser=documents.parse,
        query_validator=documents.validate,
        introspection=settings.dev,
        error_formatter=ErrorFormatter(with_suggestions=settings.dev),
        logger=SILENT,
        http_handler=HttpHandler(
            authenticate=parts.identity.authenticate,
            body_bytes=settings.body_bytes,
            page=page,
        ),
        websocket_handler=WebSocketHandler(
            authenticate=parts.identity.authenticate,
            clock=parts.clock,
            init_timeout=settings.hello_timeout,
            operations=settings.subscriptions,
        ),
    )
