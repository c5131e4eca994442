"""Sync sessions: two endpoints, what differs between them, and how it is mended."""
