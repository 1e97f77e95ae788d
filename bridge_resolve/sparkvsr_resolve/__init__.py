"""SparkVSR inside DaVinci Resolve. Stdlib only, Python 3.9 syntax: Resolve takes what it finds."""

from __future__ import annotations
