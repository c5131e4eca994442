"""Templates as DSS exports them: a zip, its JSON, and how its blocks are ours.

Names of files and keys: two templates that were exported by DSS 12.1 and 13.5 and
published by their authors, and Dataiku's public API client. Nothing is lost on the
way in and out again: what has no meaning here is kept as it was.
"""
