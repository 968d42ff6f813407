"""Everything that can be set about a server, in one place.  `REKUEST_…` variables and the command line fill it."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from rekuest.paths import default_data_dir

__all__ = ["ServerSettings", "is_loopback"]


def is_loopback(host: str) -> bool:
    """Return whether only programs on this machine can reach what listens on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class ServerSettings(BaseSettings):
    """How one server runs.  A field is read from `REKUEST_<FIELD>` where it is not given."""

    model_config = SettingsConfigDict(env_prefix="REKUEST_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(8090, ge=0, le=65535)  # 0: the system picks one
    data_dir: Path = Field(default_factory=default_data_dir)  # database, keys, local credentials
    durability: Literal["power", "process"] = "power"  # what an acknowledged call survives
    dev: bool = False  # GraphiQL, introspection and suggestions
    allow_remote: bool = False  # listen where other machines can connect
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()  # more values for `Host`; no ports
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    heartbeat_interval: float = Field(5.0, gt=0)  # seconds between two heartbeats of a client
    lease_duration: float = Field(10.0, gt=0)  # seconds of silence after which a peer is lost
    hello_timeout: float = Field(5.0, gt=0)  # seconds for the first message of a socket
    shutdown_timeout: float = Field(10.0, ge=0)  # seconds for sockets and requests to end
    token_lifetime: float = Field(3600.0, gt=0)  # seconds that an access token counts

    frame_bytes: int = Field(1 << 20, ge=1 << 16)  # largest frame of a socket, either way
    frame_depth: int = Field(64, ge=8)  # deepest nesting in a frame
    frame_messages: int = Field(4096, ge=1)  # most messages in one frame
    open_calls: int = Field(100_000, ge=1)  # of one principal, not ended
    queued_calls: int = Field(10_000, ge=1)  # that wait in one reservation
    body_bytes: int = Field(1 << 20, ge=1024)  # largest body of an HTTP request
    subscriptions: int = Field(100, ge=1)  # open operations of one GraphQL socket

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        """Read the environment's form, a list with commas."""
        if isinstance(value, str):
            return tuple(host.strip() for host in value.split(",") if host.strip())
        return value

    @model_validator(mode="after")
    def _stays_here(self) -> ServerSettings:
        """Refuse to listen to other machines by accident: this version has no TLS and one administrator."""
        if not self.allow_remote and not is_loopback(self.host):
            raise ValueError(
                f"host {self.host!r} can be reached from other machines, and this server speaks plain "
                "HTTP; use 127.0.0.1 behind a proxy with TLS, or say that you mean it: "
                "--allow-remote (REKUEST_ALLOW_REMOTE=1)"
            )
        return self
