"""From a function's signature to what is declared of it, and the judgement of what others declare.  Pure."""

from rekuest.definition.define import Definition, define
from rekuest.definition.function import CallKind
from rekuest.definition.identity import node_hash
from rekuest.definition.validate import validate_declaration

__all__ = ["CallKind", "Definition", "define", "node_hash", "validate_declaration"]
