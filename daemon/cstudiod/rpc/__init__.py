"""The gRPC edge: the only code that knows protobuf."""
