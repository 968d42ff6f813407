"""Documents are read once, and large ones not at all.  Fault 59 of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import GraphQLError, GraphQLSchema

from rekuest.server.graphql.documents import Documents
from rekuest.server.graphql.resolvers import RESOLVERS
from rekuest.server.graphql.schema import executable_schema


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """Return the bound schema."""
    return executable_schema(*RESOLVERS)


def fragments(body: str, last: str) -> Iterator[str]:
    """Yield a document whose fragments double at each of 28 steps."""
    yield "query { ...f0 }"
    for step in range(28):
        yield f"fragment f{step} on Query {{ {body.format(step, step + 1)} }}"
    yield f"fragment f28 on Query {{ {last} }}"


BOMBS = {
    "depth": "{ node(id: 1) " + "{ templates { items { node " * 30 + "{ id }" + "} } }" * 30 + "}",
    "very deep": "{" + "a{" * 2000 + "b" + "}" * 2001,
    "aliases": "{" + " ".join(f"a{i}: __typename" for i in range(1600)) + "}",
    "field duplication": "{" + "__typename " * 4000 + "}",
    "directives": "{ __typename " + "@skip(if: false) " * 900 + "}",
    "tokens": "{" + "a " * 5001 + "}",
    "length": "{ a }" + " " * 70_000,
    "definitions": " ".join(f"query q{i} {{ __typename }}" for i in range(200)),
    "fragment doubling": " ".join(fragments("...f{1} ...f{1}", "__typename")),
    "fragments with aliases": " ".join(
        fragments(
            "a{0}: server {{ version }} ...f{1} b{0}: server {{ version }} ...f{1}", "__typename"
        )
    ),
    "unused fragments": "{ __typename } fragment f on Query {" + "__typename " * 1000 + "}",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_fault_59_refused(text: str) -> None:
    with pytest.raises(GraphQLError):
        Documents().parse(None, {"query": text})


def test_fault_59_circles_are_refused_by_validation(schema: GraphQLSchema) -> None:
    documents = Documents()
    circle = "query { ...a } fragment a on Query { ...b } fragment b on Query { ...a }"
    assert documents.validate(schema, documents.parse(None, {"query": circle}))


def test_a_document_is_read_and_validated_once(schema: GraphQLSchema) -> None:
    documents = Documents()
    first = documents.parse(None, {"query": "{ __typename }"})
    assert documents.validate(schema, first) == []
    assert documents.parse(None, {"query": "{ __typename }"}) is first
    assert documents.validate(schema, first) == []
    assert documents.parsed == 1


def test_a_document_that_is_wrong_stays_wrong(schema: GraphQLSchema) -> None:
    documents = Documents()
    for _ in range(2):
        document = documents.parse(None, {"query": "{ nonsense }"})
        assert documents.validate(schema, document)


def test_the_oldest_document_gives_way(schema: GraphQLSchema) -> None:
    documents = Documents(size=2)
    for name in ("a", "b", "a", "c", "b"):
        documents.parse(None, {"query": f"{{ {name} }}"})
    assert documents.parsed == 4  # b gave way to c
