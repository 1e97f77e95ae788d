"""The daemon as Windows' Task Scheduler starts it, which can set no variables by itself.

python -m sparkvsr_daemon._service_main NAME=VALUE …
"""

from __future__ import annotations

import os
import sys

from .supervisor import run_supervisor

if __name__ == "__main__":
    for word in sys.argv[1:]:
        name, _, text = word.partition("=")
        os.environ[name] = text
    raise SystemExit(run_supervisor())
