"""Subscriptions: what a source yields is what the field shows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from ariadne import SubscriptionType
from graphql import GraphQLResolveInfo

__all__ = ["Streams"]

Source = TypeVar(
    "Source", bound=Callable[..., AsyncIterator[Any]] | Callable[..., Awaitable[AsyncIterator[Any]]]
)


class Streams(SubscriptionType):
    """Binds the subscriptions of one concept.

    A source may be a coroutine that returns the stream: what it raises refuses the subscription, before
    anything is streamed.
    """

    def stream(self, name: str) -> Callable[[Source], Source]:
        """Bind a field to the source that is decorated."""

        def bind(source: Source) -> Source:
            generator: Any = (
                source  # ariadne's types know generators only, graphql-core awaits both
            )
            self.set_source(name, generator)
            self.set_field(name, _shown)
            return source

        return bind


def _shown(value: object, info: GraphQLResolveInfo, **arguments: object) -> object:
    return value
