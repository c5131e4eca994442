"""Version 1 of the contract: made by proto/generate.py, never edited."""
