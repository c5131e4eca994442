"""The client library of cstudio."""
