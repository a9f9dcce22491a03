"""The rules as a table."""
