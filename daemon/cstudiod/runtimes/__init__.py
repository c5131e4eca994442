"""Where studios and sync targets live: one small interface, several implementations."""
