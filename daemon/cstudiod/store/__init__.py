"""What survives a restart: resources in one database, one ancestor a session."""
