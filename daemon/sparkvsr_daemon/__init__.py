"""Serves the `sparkvsr` library to one user's programs.

Read in this order: docs/protocol.md, `protocol`, `supervisor`, `worker`, `client`.
"""
