"""The HTTP side: one address in front of all studios. `seam` is what it asks of the rest."""
