"""Calling: the connection to a server, calls through it, and GraphQL beside it.

`rekuest.client.graphql` loads httpx and is therefore imported when it is first used.
"""
