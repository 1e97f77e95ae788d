"""What the scripts in Resolve's menu do. Each says in the console what happens, and raises nothing.

Resolve shows the console with Workspace > Console.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .running import close_agent, guarded, open_bench, run_action
from .voice import Voice, print_text


def restore(resolve: Any) -> None:
    """Restore the clip at hand with the settings of the project."""
    run_action("restore", Voice(print_text), resolve)


def preview(resolve: Any) -> None:
    """Show the frame at the playhead as it would be restored."""
    run_action("preview", Voice(print_text), resolve)


def cancel(resolve: Any) -> None:
    """Stop what another script of SparkVSR does."""
    run_action("cancel", Voice(print_text), resolve)


def clean_up(resolve: Any) -> None:
    """Remove what runs that ended too early have left."""
    run_action("clean-up", Voice(print_text), resolve)


def panel(resolve: Any, fusion: Any, bmd: Any) -> None:
    """Open the panel, until it is closed."""
    voice = Voice(print_text)

    def show() -> None:
        bench = open_bench(resolve, voice.say, lambda: False)
        try:
            import_module(f"{__package__}.panel").open_panel(bench, fusion, bmd)
        finally:
            close_agent(bench)

    guarded("panel", voice, show)
