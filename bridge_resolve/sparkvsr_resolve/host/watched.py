"""The API behind a watch: one thread, positional arguments, and a word when nothing answers.

Every object of the API hides behind a `Watched`; types say nothing of it, since it answers as the
object does. Resolve does not know many methods in older versions: what it lacks is None there, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Optional

from sparkvsr_link import BridgeError

SILENT_S = 5.0
"""How long a call may take before a person hears of it; most take milliseconds."""

_PLAIN = (str, int, float, bool, bytes, type(None))

OnSilence = Callable[[str], None]


class Watch:
    """Who may call, and who is told when a call hangs.

    While a timeline plays every call waits until it stops, and nothing can ask whether it does.

    Args:
        on_silence: given a sentence, in a thread of its own.
    """

    def __init__(self, on_silence: OnSilence, silent_s: float = SILENT_S) -> None:
        self._on_silence = on_silence
        self._silent_s = silent_s
        self._thread = threading.current_thread()

    def call(self, name: str, method: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if threading.current_thread() is not self._thread:
            raise RuntimeError(f"{name} was called in another thread than the API's own")
        timer = threading.Timer(self._silent_s, self._on_silence, (_silence(name),))
        timer.daemon = True
        timer.start()
        try:
            return self.wrap(method(*(_bare(argument) for argument in arguments)))
        except OSError as error:
            raise BridgeError(
                f"Resolve broke off while it was asked for {name}: {error}.",
                "Look whether Resolve still runs, and start it again if it does not.",
            ) from error
        finally:
            timer.cancel()

    def wrap(self, value: Any) -> Any:
        """Watch what the API gave, lists and dictionaries of objects included."""
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, (list, tuple)):
            return [self.wrap(entry) for entry in value]
        if isinstance(value, dict):
            return {key: self.wrap(entry) for key, entry in value.items()}
        return Watched(value, self)


class Watched:
    """An object of the API; made by `Watch.wrap`."""

    def __init__(self, inner: Any, watch: Watch) -> None:
        self._inner, self._watch = inner, watch

    def __getattr__(self, name: str) -> Optional[Callable[..., Any]]:
        method = getattr(self._inner, name, None)
        if not callable(method):
            return method
        watch = self._watch
        return lambda *arguments: watch.call(name, method, arguments)

    def __dir__(self) -> list[str]:
        return list(dir(self._inner))


def _bare(argument: Any) -> Any:
    """An argument as the API knows it."""
    if isinstance(argument, Watched):
        return argument._inner
    if isinstance(argument, (list, tuple)):
        return [_bare(entry) for entry in argument]
    if isinstance(argument, dict):
        return {key: _bare(entry) for key, entry in argument.items()}
    return argument


def _silence(name: str) -> str:
    return (
        f"Resolve does not answer ({name}). If it plays, stop it; if it shows a dialog, close it. "
        "SparkVSR goes on by itself then."
    )
