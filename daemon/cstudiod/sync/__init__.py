"""Sync sessions at work: driver, endpoints, agent delivery, watcher, exclusions."""
