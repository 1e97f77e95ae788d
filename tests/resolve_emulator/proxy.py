"""Proxies: what scripts hold of an object in Resolve, and which methods it has in which version."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import CO_VARARGS
from typing import TYPE_CHECKING, Any, ClassVar, overload

if TYPE_CHECKING:
    from .host import Host

Function = Callable[..., Any]
SIMPLE = {"int": int, "str": str, "bool": bool, "dict": dict, "list": list}


class Method:
    """One method of the API; reading it from a proxy of a version without it gives None.

    Args:
        writes: nothing happens while a dialog is open or a render runs.
        since: the first version that has it.
        deliver: calling it opens the Deliver page.
        blind: gives None while a render runs.
        fails: what a refused call gives: by default False where True is success, else None.
    """

    def __init__(
        self,
        function: Function,
        *,
        writes: bool,
        since: tuple[int, ...] = (18,),
        deliver: bool = False,
        blind: bool = False,
        while_rendering: bool = False,
        fails: Any = ...,
    ) -> None:
        self.function, self.writes = function, writes
        self.since, self.deliver = since, deliver
        self.blind, self.while_rendering = blind, while_rendering
        returns = function.__annotations__.get("return")
        self.fails = (False if returns == "bool" else None) if fails is ... else fails
        self.kind = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.kind, self.name = owner.__name__, name

    def __get__(self, proxy: Any, owner: type) -> Any:
        if proxy is None:
            return self
        return Call(proxy, self) if self.exists(proxy._host.profile.version) else None

    def exists(self, version: tuple[int, ...]) -> bool:
        return version >= self.since

    def takes(self, arguments: tuple[Any, ...]) -> bool:
        """The arguments have number and types that this method knows."""
        code = self.function.__code__
        names = code.co_varnames[1 : code.co_argcount]
        optional = len(self.function.__defaults__ or ())
        many = bool(code.co_flags & CO_VARARGS)
        if len(arguments) < len(names) - optional or (len(arguments) > len(names) and not many):
            return False
        kinds = [self.function.__annotations__[name] for name in names]
        if many:
            rest = self.function.__annotations__[code.co_varnames[code.co_argcount]]
            kinds += [rest] * (len(arguments) - len(names))
        return all(_fits(value, kind) for value, kind in zip(arguments, kinds, strict=False))


def _fits(value: Any, annotation: str) -> bool:
    """Whether a value is of one of the kinds that an annotation names."""
    for kind in annotation.split(" | "):
        name = kind.partition("[")[0]
        if name == "Any" or (name == "None" and value is None):
            return True
        if name == "float" and isinstance(value, int | float) and not isinstance(value, bool):
            return True
        if name == "int" and isinstance(value, bool):
            continue
        if name in SIMPLE and isinstance(value, SIMPLE[name]):
            return True
        if isinstance(value, Proxy) and type(value).__name__ == name:
            return True
    return False


@overload
def read(function: Function) -> Any: ...
@overload
def read(**facts: Any) -> Callable[[Function], Any]: ...
def read(function: Function | None = None, **facts: Any) -> Any:
    """A method that changes nothing of the user's."""
    if function is None:
        return lambda found: Method(found, writes=False, **facts)
    return Method(function, writes=False)


@overload
def write(function: Function) -> Any: ...
@overload
def write(**facts: Any) -> Callable[[Function], Any]: ...
def write(function: Function | None = None, **facts: Any) -> Any:
    """A method that is without effect while a dialog is open."""
    if function is None:
        return lambda found: Method(found, writes=True, **facts)
    return Method(function, writes=True)


class Call:
    """A method of one proxy."""

    def __init__(self, proxy: Proxy, method: Method) -> None:
        self._proxy, self._method = proxy, method

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._proxy._host.gate.call(self._proxy, self._method, arguments, keywords)


class Proxy:
    """A handle, new for every call; unknown names are None, and none equals another.

    Attributes:
        _of: the object of the model that it stands for.
    """

    __hash__ = None  # type: ignore[assignment]
    _kinds: ClassVar[dict[str, type[Proxy]]] = {}

    def __init_subclass__(cls) -> None:
        Proxy._kinds[cls.__name__] = cls

    def __init__(self, host: Host, of: Any = None) -> None:
        self._host, self._of = host, of

    def _give(self, kind: str, of: Any) -> Any:
        """A new proxy of a class, or None for nothing."""
        return None if of is None else self._kinds[kind](self._host, of)

    def _give_all(self, kind: str, all_of: Iterable[Any]) -> list[Any]:
        return [self._give(kind, of) for of in all_of]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None

    def __dir__(self) -> list[str]:
        return sorted(name for name, found in methods(type(self)).items() if self._has(found))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Proxy):
            self._host.violate("two proxies were compared: compare what GetUniqueId gives")
        return self is other

    def _has(self, method: Method) -> bool:
        return method.exists(self._host.profile.version)

    def _alive(self) -> bool:
        """The object behind it is still there."""
        return True


def methods(kind: type) -> dict[str, Method]:
    """All methods of a class of proxies, of any version."""
    return {
        name: found
        for base in reversed(kind.__mro__)
        for name, found in vars(base).items()
        if isinstance(found, Method)
    }
