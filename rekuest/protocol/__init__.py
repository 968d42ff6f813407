"""The rules of the socket as machines: frames and messages in, instructions out.  Source: schema/PROTOCOL.md.

Nothing here does I/O, starts a task or reads a clock: `now` is passed in.  `codec` turns frames into
messages and back, `outbox` groups what waits, `client` and `server` are the two ends of one
connection, `agent` and `caller` are what outlives connections, `declare` is a declaration in parts.
"""
