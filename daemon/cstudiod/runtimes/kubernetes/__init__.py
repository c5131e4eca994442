"""The Kubernetes runtime: pods, deployments and stateful sets as targets.

config   how to reach a cluster and sign in (the `kubernetes` package)
api      a few REST reads, a watch, and the exec handshake (aiohttp)
faults   what an answer means, in sentences (pure)
objects  what we read of pods and workloads (pure)
resolve  which container a target means now, or why none (pure)
channel  a command's stdio over the exec WebSocket
resolver ties them together: the `Resolver` of `ports`

manifests  a studio's objects (pure)
causes     from Kubernetes' words to our reasons (pure)
observe    what a look at a studio's objects means (pure)
studios    the `StudioRuntime` of `ports`
"""
