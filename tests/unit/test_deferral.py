"""Packages whose code is put off, and stand-ins while others import them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from secure_rag.deferral import in_place_of, is_version, put_off, stand_ins


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `heavylib` that imports `heavyremote`; neither stays loaded."""
    package, remote = tmp_path / "heavylib", tmp_path / "heavyremote"
    package.mkdir()
    remote.mkdir()
    (package / "__init__.py").write_text(
        "from heavylib.part import Part\nfrom heavylib.other import Other\nRAN = True\n"
    )
    (package / "part.py").write_text("class Part:\n    pass\n")
    (package / "other.py").write_text(
        "from heavyremote import Client\nfrom heavyremote.errors import Failed\n\n\n"
        "class Other:\n    def client(self) -> Client:\n        return Client(7)\n"
    )
    (remote / "__init__.py").write_text(
        "class Client:\n    kind = 'real'\n\n    def __init__(self, n):\n        self.n = n\n"
    )
    (remote / "errors.py").write_text("class Failed(Exception):\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield package
    for name in [one for one in sys.modules if one.startswith(("heavylib", "heavyremote"))]:
        del sys.modules[name]


def load(name: str) -> Any:
    return import_module(name)


def test_put_off_package_loads_a_listed_name_without_its_code(library: Path) -> None:
    put_off("heavylib", {"Part": "part"})
    package = load("heavylib")
    assert package.Part is load("heavylib.part").Part
    assert "heavylib.other" not in sys.modules
    assert "RAN" not in vars(package)


def test_put_off_package_runs_when_another_name_is_asked_for(library: Path) -> None:
    put_off("heavylib", {"Part": "part"})
    early = load("heavylib").Part
    package = load("heavylib")
    assert package.Other().client().n == 7
    assert package.RAN is True
    assert package.Part is early


def test_put_off_package_without_the_name_says_so(library: Path) -> None:
    put_off("heavylib", {})
    with pytest.raises(AttributeError, match="missing"):
        _ = load("heavylib").missing
    with pytest.raises(ImportError):
        exec("from heavylib import missing")


def test_put_off_package_that_fails_is_tried_again(library: Path) -> None:
    code = library / "__init__.py"
    whole = code.read_text()
    code.write_text("raise RuntimeError('broken')\n")
    put_off("heavylib", {})
    with pytest.raises(RuntimeError):
        _ = load("heavylib").RAN
    code.write_text(whole)
    assert load("heavylib").RAN is True


def test_put_off_leaves_a_loaded_package_alone(library: Path) -> None:
    package = load("heavylib")
    put_off("heavylib", {"RAN": "part"})
    assert load("heavylib") is package
    assert package.RAN is True


def test_put_off_unknown_package_is_an_import_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        put_off("nosuchlibrary", {})


def test_stand_ins_keep_a_module_out_and_then_load_the_real_one(library: Path) -> None:
    with stand_ins(["heavyremote"]):
        other = load("heavylib.other")
    assert "heavyremote" not in sys.modules
    assert issubclass(other.Failed, Exception)
    client = other.Other().client()
    real = load("heavyremote")
    assert type(client) is real.Client
    assert isinstance(client, other.Client)
    assert issubclass(real.Client, other.Client)
    assert other.Client.kind == "real"
    assert load("heavyremote.errors").Failed is other.Failed


def test_stand_ins_go_when_the_import_fails(library: Path) -> None:
    with pytest.raises(ZeroDivisionError), stand_ins(["heavyremote"]):
        raise ZeroDivisionError
    assert load("heavyremote").Client(1).n == 1


def test_stand_ins_leave_a_loaded_module_alone(library: Path) -> None:
    real = load("heavyremote")
    with stand_ins(["heavyremote"]):
        assert load("heavylib").Other().client().n == 7
    assert sys.modules["heavyremote"] is real


@pytest.mark.parametrize(
    ("distribution", "known", "expected"),
    [("pytest", pytest.__version__, True), ("pytest", "0.0", False), ("no-such-lib", "1", False)],
)
def test_is_version_compares_what_is_installed(
    distribution: str, known: str, expected: bool
) -> None:
    assert is_version(distribution, known) is expected


def test_names_in_place_of_a_module_stay_with_who_took_them(library: Path) -> None:
    mark = type("Client", (), {"kind": "placed"})
    (library.parent / "heavylibuser.py").write_text("from heavyremote import Client\n")
    with in_place_of("heavyremote", {"Client": mark}):
        user = load("heavylibuser")
    assert user.Client is mark
    assert "heavyremote" not in sys.modules
    assert load("heavyremote").Client.kind == "real"


def test_a_loaded_module_is_not_replaced_by_names(library: Path) -> None:
    real = load("heavyremote")
    with in_place_of("heavyremote", {"Client": object}):
        assert load("heavylib").Other().client().n == 7
    assert sys.modules["heavyremote"] is real


def test_names_go_when_the_import_fails(library: Path) -> None:
    with pytest.raises(ZeroDivisionError), in_place_of("heavyremote", {"Client": object}):
        raise ZeroDivisionError
    assert load("heavyremote").Client(1).n == 1
