"""Puts SparkVSR onto a machine and into its hosts, and takes it out again. Stdlib only.

It runs before anything is installed, from `python3 installer` of a checkout, of a bundle, or of an
installed version; of the other packages it needs `sparkvsr_link` alone, which is stdlib, too.
"""

from __future__ import annotations
