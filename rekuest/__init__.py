"""Self-documenting, asynchronous, scalable RPC based on provisionable, untrusted actors."""
