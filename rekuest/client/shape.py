"""What is known of one node: its words and ports, and what is compiled from them when first called."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from rekuest.api import enums, wire
from rekuest.api.fragments.node_fields import NodeFields
from rekuest.client.jobs import finish
from rekuest.client.signature import describe_node, signature_of
from rekuest.structures import (
    Begun,
    Expander,
    Registry,
    Shrinker,
    bind_arguments,
    compile_expander,
    compile_shrinker,
    join_returns,
)

__all__ = ["NodeShape"]


class NodeShape:
    """One node as the server described it.  May be shared by threads."""

    def __init__(self, node: NodeFields, registry: Registry | None = None) -> None:
        self.id = node.id
        self.hash = str(node.hash)
        self.name = node.name
        self.title = node.title
        self.description = node.description
        self.kind = node.kind
        # Widgets are of no use for a call, and a newer server may have some that this client lacks.
        self.ports: tuple[wire.Port, ...] = tuple(
            wire.Port.model_validate(port.model_dump(by_alias=True, exclude={"widget"}))
            for port in node.ports
        )
        self._registry = registry  # None: the process's

    @property
    def is_generator(self) -> bool:
        """Whether it gives a stream of values."""
        return self.kind is enums.NodeKind.GENERATOR

    @cached_property
    def signature(self) -> inspect.Signature:
        """How it is called."""
        return signature_of(self.ports, self.kind)

    @cached_property
    def documentation(self) -> str:
        """What it does."""
        return describe_node(self.title, self.description, self.ports)

    @cached_property
    def _shrinker(self) -> Shrinker:
        return compile_shrinker(
            self.ports, enums.PortDirection.ARGUMENT, registry=self._registry, node=self.name
        )

    @cached_property
    def _expander(self) -> Expander:
        return compile_expander(
            self.ports, enums.PortDirection.RETURN, registry=self._registry, node=self.name
        )

    def begin(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Begun:
        """Bind and check the arguments of a call, and shrink what needs no job.

        Raises:
            ShrinkError: They do not fit; lists each with port, expected, got.
        """
        return self._shrinker.begin(bind_arguments(self.ports, args, kwargs, node=self.name))

    async def aexpand(self, returns: Mapping[str, Any] | None) -> Any:
        """Turn returns into what Python gives: None, the value, or a tuple of several.

        Raises:
            ExpandError: They do not fit, or a structure cannot be expanded here.
        """
        begun = self._expander.begin(returns or {})
        return join_returns(self.ports, await finish(begun))
