"""A server in a folder of its own, and the programs that use it: all real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.acceptance.process import PATIENCE, Process
from tools.sources import ROOT

__all__ = ["PROGRAMS", "System", "unused_port"]

PROGRAMS = ROOT / "tests" / "acceptance" / "programs"

_LISTENING = re.compile(r"listening on (http://127\.0\.0\.1:(\d+))")


def unused_port() -> int:
    """Return a port at which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the server's credential file says."""

    url: str
    client_id: str
    client_secret: str


class System:
    """Starts, kills and restarts one server, and starts programs that find it by their environment."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str] | None = None, *, port: int = 0
    ) -> None:
        """Describe a system; nothing runs yet.

        Args:
            folder: The server's data folder.
            settings: Of the server: {"lease_duration": "1"} is `REKUEST_LEASE_DURATION=1`.
            port: The server's; 0: the first start picks one, later ones come back to it.
        """
        self.folder = folder
        self.processes: list[Process] = []
        self._settings = {
            f"REKUEST_{name.upper()}": value for name, value in (settings or {}).items()
        }
        self._port = port
        self._server: Process | None = None

    @property
    def url(self) -> str:
        """Where the server listens, or listened."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def server(self) -> Process:
        """The server's process."""
        assert self._server is not None
        return self._server

    @property
    def credentials(self) -> Credentials:
        """Those of the local client."""
        return Credentials(**json.loads((self.folder / "client.json").read_text(encoding="utf-8")))

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a program that uses this system: nothing else of rekuest in it."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("REKUEST_")
        }
        path = os.pathsep.join([str(ROOT), str(ROOT / "codegen")])
        found = {"REKUEST_DATA_DIR": str(self.folder), "REKUEST_URL": self.url}
        return {**kept, "PYTHONPATH": path, **found, **(more or {})}

    def start(self) -> None:
        """Start the server, on its old port if it had one, and wait until it listens."""
        arguments = ["--port", str(self._port), "--data-dir", str(self.folder)]
        self._server = self._start(
            "server", "-m", "rekuest", "server", *arguments, environ=self.environ(self._settings)
        )
        found = _LISTENING.search(self._server.wait_for("listening on"))
        assert found is not None, self._server.said
        self._port = int(found[2])

    def kill(self) -> None:
        """End the server by SIGKILL."""
        self.server.kill()

    def terminate(self) -> None:
        """End the server politely; it has to end well."""
        self.server.stop(signal.SIGTERM)
        assert self.server.wait() == 0, self.server.said

    def spawn(self, script: str | Path, *arguments: str, **environ: str) -> Process:
        """Start a script, of `programs/` unless the path says otherwise.

        Args:
            script: Path; a relative one is of `programs/`.
            arguments: Of the script.
            environ: More of its environment.
        """
        path = PROGRAMS / script
        name = " ".join([path.name, *arguments])
        return self._start(name, str(path), *arguments, environ=self.environ(environ))

    def provide(
        self, script: str | Path = "provider.py", *arguments: str, **environ: str
    ) -> Process:
        """Start a script that provides, and wait until its functions are there."""
        agent = self.spawn(script, *arguments, **environ)
        agent.wait_for(" provides ")
        return agent

    def command(self, *arguments: str) -> Process:
        """Start the command `rekuest` with arguments."""
        return self._start(
            "rekuest " + " ".join(arguments), "-m", "rekuest", *arguments, environ=self.environ()
        )

    def token(self) -> str:
        """Return an access token of the local client, as any OAuth2 client gets it."""
        local = self.credentials
        answer = httpx.post(
            f"{self.url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(local.client_id, local.client_secret),
            timeout=PATIENCE,
        )
        return str(answer.raise_for_status().json()["access_token"])

    def close(self) -> None:
        """End every process that was started; how they end politely has tests of its own."""
        for process in reversed(self.processes):
            process.kill()

    def show(self) -> str:
        """Return what all processes have said."""
        return "\n".join(process.said for process in self.processes)

    def _start(self, name: str, *arguments: str, environ: Mapping[str, str]) -> Process:
        process = Process(name, *arguments, environ=environ)
        self.processes.append(process)
        return process
