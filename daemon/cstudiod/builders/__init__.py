"""Builders: an image for containers, virtual environments for the local runtime.

lines      what programs print -> lines for people, without credentials (pure)
reach      settings of closed networks -> variables and arguments (pure)
diagnosis  the last lines of a failed command -> a sentence (pure)
process    a program of a build, line by line
places     folders that are filled once, under a lock
shared     one piece of work that several follow
venv       virtual environments, built once for what is in them
docker     images, by Docker's own builder or by buildx
"""
