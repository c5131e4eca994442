"""What the daemon remembers: one SQLite database with one writer."""
