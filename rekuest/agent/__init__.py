"""One running instance of an app: declares its functions, hosts their actors, reports their calls."""

from rekuest.agent.agent import Agent

__all__ = ["Agent"]
