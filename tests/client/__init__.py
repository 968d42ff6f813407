"""Tests of calling: connection, calls, node handles, GraphQL."""
