"""Use cases: the only code that joins store, machines, runtimes and sync."""
