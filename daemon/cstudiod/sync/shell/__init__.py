"""Images without Python: two-way sync with nothing but sh, tar, find and stat."""
