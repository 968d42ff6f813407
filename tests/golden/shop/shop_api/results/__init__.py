"""Results of operations."""
