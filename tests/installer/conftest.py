"""What tests of the installer share."""

from __future__ import annotations

from installing import home, installer, server

__all__ = ["home", "installer", "server"]
