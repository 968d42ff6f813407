"""GraphQL over HTTP and WebSocket: translates between documents and the service."""
