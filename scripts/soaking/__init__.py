"""What `scripts/soak` does: one module for each subject, each with a daemon of its own.

Nothing here imports a tensor library: the process that measures stays small.
"""
