"""Problems of schema and documents: all at once, sorted, with place and fix."""

import pytest

from rekuest_codegen.generate import generate
from rekuest_codegen.problems import CodegenError
from rekuest_codegen.settings import Settings

from .conftest import SCHEMA, Project


def problems(settings: Settings) -> list[str]:
    with pytest.raises(CodegenError) as caught:
        generate(settings)
    return [str(problem).split("\n")[0] for problem in caught.value.problems]


def warnings(settings: Settings) -> list[str]:
    return [str(problem).split("\n")[0] for problem in generate(settings).warnings]


def test_all_problems_of_all_files_sorted(project: Project) -> None:
    settings = project(
        documents__b="query B {\n  user(id: 5.5) { id nothing }\n}\n",
        documents__a="query A {\n  user { id }\n}\nfragment F on Userr { id }\n",
    )
    assert problems(settings) == [
        "documents/a.graphql:2:3: field 'user' argument 'id' of type 'ID!' is required,"
        " but it was not provided",
        "documents/a.graphql:4:15: unknown type 'Userr'",
        "documents/b.graphql:2:12: ID cannot represent a non-string and non-integer value: 5.5",
        "documents/b.graphql:2:22: cannot query field 'nothing' on type 'User'",
    ]


def test_problem_says_how_to_mend_it(project: Project) -> None:
    with pytest.raises(CodegenError, match="fix: select a field that the type has"):
        generate(project(documents__a="query A { user(id: 1) { nothing } }"))
    with pytest.raises(CodegenError, match=r"fix: did you mean 'name'\?"):
        generate(project(documents__a="query A { user(id: 1) { names } }"))


def test_syntax_errors_of_every_file(project: Project) -> None:
    settings = project(schema="type Query { a: Int", documents__a="query {", documents__b="}")
    assert problems(settings) == [
        "documents/a.graphql:1:8: syntax error: Expected Name, found <EOF>",
        "documents/b.graphql:1:1: syntax error: Unexpected '}'",
        "schema.graphql:1:20: syntax error: Expected Name, found <EOF>",
    ]


def test_two_places_of_one_problem(project: Project) -> None:
    text = "query Same { user(id: 1) { id } }"
    (problem,) = problems(project(documents__a=text, documents__b=text))
    assert problem == (
        "documents/a.graphql:1:7: there can be only one operation named 'Same'"
        " (also documents/b.graphql:1:7)"
    )


def test_unnamed_operation(project: Project) -> None:
    (problem,) = problems(project(documents__get="{ user(id: 1) { id } }"))
    assert problem == "documents/get.graphql:1:1: query without a name"


def test_operations_that_meet_in_python(project: Project) -> None:
    text = "query getUser { user(id: 1) { id } }"
    (problem,) = problems(project(documents__z=text))
    assert problem == (
        "documents/z.graphql:1:1: operation 'getUser' and 'GetUser' are both 'get_user' in Python"
    )


def test_alias_that_hides_the_type(project: Project) -> None:
    text = "query A { user(id: 1) { __typename: name } }"
    (problem,) = problems(project(documents__get=text))
    assert problem == "documents/get.graphql:1:25: alias '__typename' hides the type's name"


def test_operation_in_the_schema(project: Project) -> None:
    (problem,) = problems(project(schema=SCHEMA + "query A { a }"))
    assert problem == "schema.graphql:3:1: not a part of a schema"


def test_unknown_type_in_the_schema(project: Project) -> None:
    (problem, *_) = problems(project(schema="type Query { a: Strin }"))
    assert problem == "schema.graphql:1:17: unknown type 'Strin'"


def test_broken_rule_of_the_schema_is_a_warning(project: Project) -> None:
    odd = SCHEMA + "interface I { a: Int }\ntype J implements I { b: Int }\n"
    assert warnings(project(schema=odd)) == [
        "schema.graphql:3:15: interface field I.a expected but J does not provide it"
        " (also schema.graphql:4:1)"
    ]


def test_broken_rule_of_the_schema_is_an_error_if_wanted(project: Project) -> None:
    odd = SCHEMA + "interface I { a: Int }\ntype J implements I { b: Int }\n"
    assert len(problems(project('schema_errors = "error"\n', schema=odd))) == 1


def test_wire_union_is_missing(project: Project) -> None:
    (problem,) = problems(project('wire_unions = ["Message"]\n'))
    assert problem == "Message: the schema has no union of this name"


@pytest.mark.parametrize(("setting", "count"), [("warn", 1), ("ignore", 0)])
def test_deprecated_field(project: Project, setting: str, count: int) -> None:
    schema = SCHEMA.replace("name: String", 'name: String @deprecated(reason: "use id")')
    found = warnings(project(f'deprecations = "{setting}"\n', schema=schema))
    assert len(found) == count
    assert all("documents/get.graphql:1:46" in told and "use id" in told for told in found)


def test_unused_fragment_is_a_warning(project: Project) -> None:
    (told,) = warnings(project(documents__a="fragment F on User { id }"))
    assert told == "documents/a.graphql:1:1: fragment 'F' is never used"


def test_unknown_scalar_is_a_warning(project: Project) -> None:
    schema = SCHEMA.replace("name: String", "name: Odd") + "scalar Odd\n"
    (told,) = warnings(project(schema=schema))
    assert told.startswith("schema.graphql:3:1: scalar 'Odd' is not in the settings")


def test_missing_documents(project: Project) -> None:
    settings = project()
    (problem,) = problems(
        Settings(root=settings.root, schema=settings.schema, output="o", documents=("none",))
    )
    assert problem == "none: no such file or folder of documents"


def test_one_broken_file_does_not_hide_others(project: Project) -> None:
    odd = SCHEMA + "interface I { a: Int }\ntype J implements I { b: Int }\n"
    settings = project(
        'schema_errors = "error"\n',
        schema=odd,
        documents__a="fragment F on User { id",
        documents__b="query B { user(id: 1) { ...F nothing } }",
    )
    assert [problem.split(": ")[0] for problem in problems(settings)] == [
        "documents/a.graphql:1:24",
        "documents/b.graphql:1:30",
        "schema.graphql:3:15",
    ]
