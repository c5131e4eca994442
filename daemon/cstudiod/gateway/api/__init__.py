"""The daemon's API for whatever speaks HTTP: the Connect protocol, over the daemon's own gRPC.

`methods` knows what can be called, `asking` reads a request, `answers` and `failures`
write what comes back, `calls` makes the call; `bridge` joins them. Rights are decided
where all calls come through, in `rpc/gate.py`. The protocol: connectrpc.com/docs/protocol.
"""
