"""Resolvers of templates.  What an author wrote is kept whole, as it was declared, in the row's body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ariadne import ObjectType
from graphql import GraphQLResolveInfo

from rekuest.server.graphql.page import list_of, one_of
from rekuest.server.graphql.related import related, several
from rekuest.server.store.rows import TemplateRow

__all__ = ["query", "template"]

query = ObjectType("Query")
query.set_field("template", one_of("templates"))
query.set_field("templates", list_of("templates"))

template = ObjectType("Template")
template.set_field("node", related("nodes", "node"))
template.set_field("app", related("apps", "app"))
template.set_field("agents", several("hosts_of"))


def declared(name: str, default: object = None) -> Callable[[TemplateRow, GraphQLResolveInfo], Any]:
    """Return the resolver of a field that stands in the declaration under `name`."""

    def resolve(row: TemplateRow, info: GraphQLResolveInfo) -> Any:
        return row.body.get(name, default)

    return resolve


# {field: (its name in TemplateDeclaration, what holds where an older declaration lacks it)}
DECLARED: dict[str, tuple[str, object]] = {
    "title": ("title", ""),
    "description": ("description", None),
    "ports": ("ports", ()),
    "groups": ("groups", ()),
    "concurrency": ("concurrency", 1),
    "autoprovide": ("autoprovide", False),
    "maxInstances": ("maxInstances", None),
    "labels": ("labels", ()),
    "isPausable": ("pausable", False),
}
for _field, (_name, _default) in DECLARED.items():
    template.set_field(_field, declared(_name, _default))
