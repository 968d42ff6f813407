"""Resolvers of apps."""

from __future__ import annotations

from ariadne import ObjectType

from rekuest.server.graphql.page import list_of, one_of
from rekuest.server.graphql.related import related

__all__ = ["app", "query"]

query = ObjectType("Query")
query.set_field("app", one_of("apps"))
query.set_field("apps", list_of("apps"))

app = ObjectType("App")
app.set_field("owner", related("users", "owner"))
app.set_field("agents", list_of("agents", app_id="id"))
app.set_field("templates", list_of("templates", app="id"))
