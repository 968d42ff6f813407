"""How GraphQL names become Python names.  A scope gives each name out once."""

from __future__ import annotations

import builtins
import keyword
import re

__all__ = [
    "Scope",
    "attribute",
    "camel",
    "class_name",
    "constant",
    "function",
    "member",
    "parameter",
    "pascal",
    "snake",
]

# Public attributes of pydantic.BaseModel: a field of that name would shadow a method.
_PYDANTIC_TEXT = """
    construct copy dict from_orm json model_computed_fields model_config model_construct
    model_copy model_dump model_dump_json model_extra model_fields model_fields_set
    model_json_schema model_parametrized_name model_post_init model_rebuild model_validate
    model_validate_json model_validate_strings parse_file parse_obj parse_raw schema schema_json
    update_forward_refs validate
"""
PYDANTIC = frozenset(_PYDANTIC_TEXT.split())
# Builtins that annotations use: a field or function of that name would change what they mean.
ANNOTATIONS = frozenset({"bool", "dict", "float", "int", "list", "str", "tuple"})
# Parameters that Python or pydantic fill themselves.
PARAMETERS = frozenset({"self", "cls"})
# Attributes of str and Enum: members of an enum that is a str must not shadow them.
STR_AND_ENUM = frozenset(dir(str)) | {"mro", "name", "value"}
# Builtins, and the modules of the generated package: a function of that name would hide them.
FUNCTIONS = frozenset(dir(builtins)) | frozenset(
    {"enums", "fragments", "inputs", "models", "operations", "results", "scalars", "wire"}
)

_HUMP = re.compile(r"([A-Z]+)([A-Z][a-z])")
_EDGE = re.compile(r"([a-z0-9])([A-Z])")


def snake(name: str) -> str:
    """Return `name` in snake_case: `initiativeLabels` and `HTTPServer` as people expect."""
    return _EDGE.sub(r"\1_\2", _HUMP.sub(r"\1_\2", name)).lower()


def pascal(name: str) -> str:
    """Return `name` in PascalCase; humps that it has stay."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def camel(name: str) -> str:
    """Return a snake_case name in camelCase; the generated models compute aliases the same way."""
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def attribute(name: str) -> str:
    """Return the name of a field or parameter."""
    text = snake(name).strip("_")
    if not text or text[0].isdigit():
        text = f"field_{text}".rstrip("_")
    taken = keyword.iskeyword(text) or text in PYDANTIC | ANNOTATIONS | PARAMETERS
    return f"{text}_" if taken else text


def parameter(name: str) -> str:
    """Return the name of a parameter of a function, which has one of its own: `client`."""
    text = attribute(name)
    return f"{text}_" if text == "client" else text


def class_name(name: str) -> str:
    """Return the name of a class."""
    text = pascal(name)
    if not text or text[0].isdigit():
        text = f"Type{text}"
    return f"{text}_" if keyword.iskeyword(text) else text


def function(name: str) -> str:
    """Return the name of a function or module."""
    text = snake(name).strip("_")
    if not text or text[0].isdigit():
        text = f"operation_{text}".rstrip("_")
    return f"{text}_" if keyword.iskeyword(text) or text in FUNCTIONS else text


def constant(name: str) -> str:
    """Return the name of a module-level constant."""
    return function(name).strip("_").upper()


def member(name: str) -> str:
    """Return the name of an enum member; underscores around it would mean something to Enum."""
    text = name.strip("_")
    if not text or text[0].isdigit():
        text = f"VALUE_{text}".rstrip("_")
    return f"{text}_" if keyword.iskeyword(text) or text in STR_AND_ENUM else text


class Scope:
    """Names of one module, class or function; a name that is taken gets the next free number."""

    def __init__(self, taken: frozenset[str] | set[str] = frozenset()) -> None:
        self._taken = set(taken)
        self.renamed: dict[str, str] = {}  # {wanted name: name given}, for the manifest

    def take(self, wanted: str) -> str:
        """Give out a name that nobody has in this scope."""
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted.rstrip('_')}_{number}"
        if name != wanted:
            self.renamed[wanted] = name
        self._taken.add(name)
        return name
