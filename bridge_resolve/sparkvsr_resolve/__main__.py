"""`python -m sparkvsr_resolve`: see `host.terminal`."""

from __future__ import annotations

import sys

from sparkvsr_resolve.host.terminal import main

if __name__ == "__main__":
    sys.exit(main())
