"""Import a library without the parts of it that this program never runs.

Some libraries import far more than is asked of them: LanceDB a generated client for remote
catalogues, Presidio spaCy and the recognizers of all countries (docs/adr/deferred-imports.md).
Nothing here is lost: what is put off is loaded when somebody asks for it.

Each use names the version that it was written for; with another one everything is imported
as usual.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any


def is_version(distribution: str, known: str) -> bool:
    """Say whether this version of a distribution is installed."""
    try:
        return version(distribution) == known
    except PackageNotFoundError:
        return False


def put_off(package: str, homes: Mapping[str, str]) -> None:
    """Make a package importable whose own code runs only when it is needed.

    Its modules can be imported one by one. The code of the package itself runs when a
    name is asked for that is neither a module that is loaded nor in `homes`.

    Args:
        homes: names of the package, and the module of each, without the package's name.
    """
    if package in sys.modules:
        return
    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(f"no module named {package}", name=package)
    module = module_from_spec(spec)
    module.__class__ = _PutOff
    vars(module)["_homes"] = dict(homes)
    sys.modules[package] = module
    parent, _, name = package.rpartition(".")
    if parent:
        setattr(sys.modules[parent], name, module)


class _PutOff(ModuleType):
    """A package whose code has not run."""

    _homes: dict[str, str]

    def __getattr__(self, name: str) -> Any:
        if name in self._homes:
            value = getattr(import_module(f"{self.__name__}.{self._homes[name]}"), name)
            setattr(self, name, value)
            return value
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        self._run()
        return getattr(self, name)

    def _run(self) -> None:
        assert self.__spec__ is not None and self.__spec__.loader is not None
        loader = self.__spec__.loader
        # from here on a plain module, without our hook; the checker knows no such change
        self.__class__ = ModuleType  # type: ignore[assignment]
        try:
            loader.exec_module(self)
        except BaseException:
            self.__class__ = _PutOff
            raise


@contextmanager
def stand_ins(modules: Sequence[str]) -> Iterator[None]:
    """Let stand-ins take the place of modules while the body imports their users.

    Every name of a stand-in is a class that annotations can use, and that loads the real
    thing when it is called, asked for an attribute or compared with. Afterwards the names
    of the modules are free: importing one imports the real one.
    """
    placed = {name: _StandIn(name) for name in modules if name not in sys.modules}
    sys.modules.update(placed)
    try:
        yield
    finally:
        for name, module in placed.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


@contextmanager
def in_place_of(module: str, names: Mapping[str, object]) -> Iterator[None]:
    """Let a module of these names alone take a module's place while the body imports its users.

    They keep what they took. Afterwards the module's name is free, as after `stand_ins`; a
    module that is loaded already stays.
    """
    if module in sys.modules:
        yield
        return
    placed = ModuleType(module)
    vars(placed).update(names)
    sys.modules[module] = placed
    try:
        yield
    finally:
        if sys.modules.get(module) is placed:
            del sys.modules[module]


class _StandIn(ModuleType):
    """A module without code; modules in its folder are the real ones."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        # finding a module inside a package would import the package
        spec = None if "." in name else find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            self.__path__ = list(spec.submodule_search_locations)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _Later(name, (), {"_home": self.__name__, "__module__": self.__name__})
        setattr(self, name, value)
        return value


class _Later(type):
    """Stands for one name of a module that is not loaded yet."""

    _home: str

    def _real(cls) -> Any:
        return getattr(import_module(cls._home), cls.__name__)

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        return cls._real()(*arguments, **named)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(cls._real(), name)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls._real())

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls._real())
