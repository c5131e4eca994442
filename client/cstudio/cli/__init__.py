"""The cstudio command."""
