"""The record: everything the server must not forget, and the only place where SQL is written."""
