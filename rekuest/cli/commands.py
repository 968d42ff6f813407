"""What `rekuest` can be asked, and how its errors are shown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import rekuest
from rekuest.cli.extras import needs_extra
from rekuest.errors import RekuestError

__all__ = ["app", "run"]

app = typer.Typer(
    name="rekuest",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
clients = typer.Typer(help="OAuth2 clients: the credentials of programs.", no_args_is_help=True)
app.add_typer(clients, name="clients")

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of the record, keys and local credentials."),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"rekuest {rekuest.__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Self-documenting RPC: serve functions from where they must run, and call them from anywhere."""


@app.command()
def server(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 picks a free one.")] = None,
    data_dir: DataDir = None,
    durability: Annotated[
        str | None, typer.Option(help="What an acknowledged call survives: power or process.")
    ] = None,
    dev: Annotated[
        bool | None, typer.Option("--dev", help="GraphiQL, introspection and suggestions.")
    ] = None,
    allow_remote: Annotated[
        bool | None,
        typer.Option(
            "--allow-remote", help="Listen where other machines can connect; no TLS here."
        ),
    ] = None,
) -> None:
    """Run a server.  What is not given comes from REKUEST_… variables."""
    given = {
        "host": host,
        "port": port,
        "data_dir": data_dir,
        "durability": durability,
        "dev": dev,
        "allow_remote": allow_remote,
    }
    with needs_extra("server"):
        from rekuest.cli.server import run_server  # an extra, and slow to load

    run_server(**_without_none(given))


@clients.command("add")
def add_client(
    name: Annotated[str, typer.Argument(help="What the client is called.")],
    owner: Annotated[
        str | None, typer.Option(help="Name of the user it acts as. Default: the local admin.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Add a client and print its id and secret, once."""
    with needs_extra("server"):
        from rekuest.cli.clients import add  # an extra, and slow to load

    made = add(name, owner, **_without_none({"data_dir": data_dir}))
    print(f"client_id      {made.client_id}")
    print(f"client_secret  {made.client_secret}")
    print("the secret is stored as a hash: this is the one time it can be read", file=sys.stderr)


@app.command()
def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the server running and print its URLs.")
    ] = False,
) -> None:
    """Show everything once: a server, an agent and a caller, on a free port and in a temporary folder."""
    with needs_extra("server"):
        from rekuest.demo.run import run_demo  # loads client, agent and server

    raise typer.Exit(run_demo(keep))


def run(arguments: Sequence[str]) -> int:
    """Run the command; errors of rekuest and of its use become one line on stderr.

    Args:
        arguments: Without the program's name.

    Returns:
        The exit code.
    """
    try:
        app(list(arguments), prog_name="rekuest")
    except SystemExit as exc:  # how typer says that it is done
        return exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except RekuestError as exc:
        print(f"rekuest: {exc}", file=sys.stderr)
        return 1
    return 0


def _without_none(given: dict[str, Any]) -> dict[str, Any]:
    """Leave out what was not given, so that the environment decides."""
    return {name: value for name, value in given.items() if value is not None}
