"""Images for containers.

inputs    what decides what is in an image, its hash, and what changed (pure)
base      the base image: its Dockerfile and the files it takes (pure)
closed    settings of closed networks in a Dockerfile (pure)
told      what the engine says while it builds or pushes -> events and failures (pure)
plain     what buildx says, likewise (pure)
collect   which images may go (pure)
context   a build context as a tar that is the same every time
memory    what the last build of each template was made of
runner    the runner's files
planning  settings, plan and machine -> what an image is made from
engine    Docker's API, through the SDK
buildx    builds by the buildx command
prefabs   large programs, prepared once on this machine
images    base and template images, put together
"""
