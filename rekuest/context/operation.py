"""An operation of `schema/operations/` as an object, and the value that means "not given".

Generated functions hold one `Operation` each; the client sends its document and has it turn
variables into JSON and the response into the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any, Final, Generic, Literal, TypeVar, cast

from rekuest.errors import ServerError, UsageError

__all__ = ["UNSET", "Operation", "UnsetType"]

R = TypeVar("R")


class UnsetType(Enum):
    """The type of `UNSET`; an enum, so that type checkers narrow `value is UNSET`."""

    UNSET = "UNSET"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> dict[str, Any]:
        """Let only `UNSET` itself pass: as an enum it would also take the string 'UNSET'."""
        return {"type": "is-instance", "cls": cls}

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = (
    UnsetType.UNSET
)  # an argument that is not sent, other than None, which is sent as null


@dataclass(frozen=True, slots=True)
class Operation(Generic[R]):
    """One query, mutation or subscription and the models of its variables and result.

    The models are looked up when they are first needed, so that importing an operation is cheap.
    """

    name: str  # as the document names it
    kind: Literal["query", "mutation", "subscription"]
    document: str  # the operation and every fragment it uses
    sha256: str  # of the document, hex
    module: str  # dotted path of the module that has the models
    result: str  # name of the model of the whole response
    field: str | None = None  # attribute of the result that is returned; None: the whole result
    variables: str | None = None  # name of the model of the variables; None: there are none

    def dump(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Turn variables into JSON values under their GraphQL names.

        Args:
            variables: {variable name: value}; `UNSET` values are left out, at any depth of inputs.

        Returns:
            {GraphQL name: JSON value}, ready to be sent.

        Raises:
            UsageError: A value does not fit the type that the schema gives it.
        """
        if self.variables is None:
            return {}
        model = getattr(import_module(self.module), self.variables)
        try:
            checked = model.model_validate(variables)
        except ValueError as exc:
            raise UsageError(f"cannot send variables of operation {self.name!r}: {exc}") from exc
        dumped = checked.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return cast(dict[str, Any], dumped)

    def parse(self, data: Mapping[str, Any]) -> R:
        """Turn the `data` of a response into the result.

        Raises:
            ServerError: The data are not what the schema promises.
        """
        model = getattr(import_module(self.module), self.result)
        try:
            result = model.model_validate(data)
        except ValueError as exc:
            raise ServerError(f"cannot read response to operation {self.name!r}: {exc}") from exc
        return cast(R, result if self.field is None else getattr(result, self.field))
