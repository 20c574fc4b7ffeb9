"""The tests. A package, so that its modules can import each other as `tests.<name>`."""
