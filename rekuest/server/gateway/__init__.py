"""The sockets of agents and callers: translates between frames and the service."""
