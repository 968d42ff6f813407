"""Reads for a principal: who asks decides what is seen.  One module a concept; GraphQL calls nothing below."""
