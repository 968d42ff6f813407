"""Plain HTTP beside GraphQL: the token endpoint, health, the schema's text, and what guards every request."""
