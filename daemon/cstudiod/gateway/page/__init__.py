"""The page's own files, and what a browser is told about them. They are in `assets/`."""
