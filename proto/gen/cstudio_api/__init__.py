"""The generated contract: made by proto/generate.py, never edited."""
