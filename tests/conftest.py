"""Tests run side by side: one thread of torch each, here and in every process that they start."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
