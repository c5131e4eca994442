"""The Docker runtime: containers as targets.

host      where Docker's daemon is, and connections to it
channel   a command's stdio over one such connection
resolver  finds a container and opens commands: the `Resolver` of `ports`
"""
