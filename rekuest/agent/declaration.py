"""What an agent declares, and the exchange that makes it known.  Source: schema/PROTOCOL.md, 3.

The digest goes first; the bodies follow only if the server does not know it.
"""

from __future__ import annotations

from collections.abc import Sequence

from rekuest.api import wire
from rekuest.definition import Definition
from rekuest.protocol.declare import (
    declaration_digest,
    opening_declaration,
    split_declaration,
)

__all__ = ["Declaration"]


class Declaration:
    """A set of functions and the structures that they use.  Frozen; declared again at each reconnect."""

    def __init__(self, definitions: Sequence[Definition], *, takeover: bool = False) -> None:
        self.definitions = {it.template.interface: it for it in definitions}
        self._templates = [it.template for it in definitions]
        known = {found.identifier: found for it in definitions for found in it.structures}
        self._structures = [found.declaration() for found in known.values()]
        self._takeover = takeover  # replace a live agent of the same identity
        self.digest = declaration_digest(self._templates, self._structures)

    def ask(self) -> wire.Declare:
        """Return the first message: the digest without bodies."""
        return opening_declaration(self.digest, takeover=self._takeover)

    def parts(self, limits: wire.Limits) -> list[wire.Declare]:
        """Return the bodies, each part within the limits of a frame.

        Raises:
            LocalProtocolError: A function alone is over the limits; says what to shorten.
        """
        return split_declaration(
            self._templates, self._structures, limits=limits, takeover=self._takeover
        )
