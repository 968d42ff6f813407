"""Sources of schemas and documents."""

import dataclasses
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from graphql import build_schema, introspection_from_schema

from rekuest_codegen.generate import generate
from rekuest_codegen.load import load_documents, load_schema
from rekuest_codegen.problems import Report

from .conftest import SCHEMA, Project


def test_folders_globs_and_files_are_read_once(project: Project) -> None:
    settings = dataclasses.replace(
        project(), documents=("documents", "documents/*.graphql", "documents/get.graphql")
    )
    report = Report(settings.root)
    loaded = load_documents(settings, report)
    assert (len(loaded.document.definitions), list(loaded.sha256), report.errors) == (
        1,
        ["documents/get.graphql"],
        [],
    )


def test_empty_file_is_legal(project: Project) -> None:
    settings = project(documents__empty="", documents__comments="# nothing\n\n")
    assert "operations.py" in generate(settings).files


def test_introspection_json(project: Project) -> None:
    settings = dataclasses.replace(project(), schema=("schema.json",))
    answer = {"data": introspection_from_schema(build_schema(SCHEMA))}
    (settings.root / "schema.json").write_text(json.dumps(answer))
    assert "results/get_user.py" in generate(settings).files


def test_remote_schema_with_headers(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.headers["Authorization"])
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"data": introspection_from_schema(build_schema(SCHEMA))}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    monkeypatch.setenv("TOKEN_OF_TEST", "abc")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/graphql"
        settings = dataclasses.replace(
            project(), schema=(url,), headers={"Authorization": "Bearer $TOKEN_OF_TEST"}
        )
        generated = generate(settings)
        server.shutdown()
        thread.join()
    assert "results/get_user.py" in generated.files
    assert seen == ["Bearer abc"]


def test_unreachable_schema_is_one_problem(project: Project) -> None:
    settings = dataclasses.replace(project(), schema=("http://127.0.0.1:1/graphql",))
    report = Report(settings.root)
    load_schema(settings, report)
    (problem,) = report.errors
    assert str(problem).startswith("http://127.0.0.1:1/graphql: cannot be read: ")
