"""Writes typed Python from a GraphQL schema and its operation documents."""
