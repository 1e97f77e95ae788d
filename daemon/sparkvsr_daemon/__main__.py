"""`python -m sparkvsr_daemon`: the daemon itself, in the foreground."""

from .supervisor import run_supervisor

raise SystemExit(run_supervisor())
