"""What `tests/run` does: its stages, the environments they work in, the report."""
