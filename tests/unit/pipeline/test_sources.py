"""Which files `index add` takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.errors import InputError
from secure_rag.pipeline.sources import find_sources, is_supported

TREE = ["a.txt", "b.md", "sub/c.txt", "sub/deep/d.csv", ".hidden.txt", ".git/e.txt", "work/x.txt"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE:
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "root" / "link.txt").symlink_to(tmp_path / "root" / "a.txt")
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        ((), (), ["a.txt", "b.md", "sub/c.txt", "sub/deep/d.csv", "work/x.txt"]),
        (("*.txt",), (), ["a.txt", "sub/c.txt", "work/x.txt"]),
        (("sub/*",), (), ["sub/c.txt", "sub/deep/d.csv"]),
        ((), ("sub/*", "*.md"), ["a.txt", "work/x.txt"]),
        (("*.txt",), ("work/*",), ["a.txt", "sub/c.txt"]),
    ],
    ids=["all", "include", "include folder", "exclude", "both"],
)
def test_find_sources_below_a_folder(
    tree: Path, include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]
) -> None:
    found = list(find_sources([tree], include=include, exclude=exclude))
    assert sorted(one.name for one in found) == sorted(f"root/{name}" for name in expected)
    assert [one.path for one in found] == [one.path.resolve() for one in found]


def test_find_sources_passes_over_the_workspace(tree: Path) -> None:
    found = [one.name for one in find_sources([tree], workspace=tree / "work")]
    assert "root/work/x.txt" not in found and "root/a.txt" in found


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (".", {"work/x.txt", "work/notes/y.txt"}),
        ("notes", {"notes/y.txt"}),
        ("audit", set()),
        ("audit/log", set()),
        ("..", {"root/a.txt", "root/b.md", "root/sub/c.txt", "root/sub/deep/d.csv"}),
    ],
)
def test_find_sources_passes_over_what_the_program_keeps_wherever_it_begins(
    tree: Path, start: str, expected: set[str]
) -> None:
    work = tree / "work"
    parts = ("audit/log", "index/default", "vault", "quarantine", "models", "policies", "receipts")
    for part in (*parts, "notes"):
        (work / part).mkdir(parents=True)
        (work / part / "y.txt").write_text("x")
    (work / "secure-rag.toml").write_text("x")
    found = find_sources([work / start], workspace=work)
    assert {one.name for one in found} == expected


def test_find_sources_named_file_is_always_taken(tree: Path) -> None:
    found = list(find_sources([tree / ".hidden.txt"], exclude=["*.txt"]))
    assert [one.name for one in found] == [".hidden.txt"]


def test_find_sources_file_reached_twice_is_yielded_once(tree: Path) -> None:
    paths = [tree / "sub", tree / "a.txt", tree, tree / "link.txt", tree / "sub" / ".." / "b.md"]
    found = list(find_sources(paths))
    assert len({one.path for one in found}) == len(found) == 5
    names = {one.path.name: one.name for one in found}
    assert names["c.txt"] == "sub/c.txt" and names["a.txt"] == "a.txt"


def test_find_sources_missing_path_names_its_position_only(tree: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(find_sources([tree, tree / "anna-novak.txt"]))
    assert "argument 2" in caught.value.message and "novak" not in caught.value.message


def test_source_repr_hides_its_names(tree: Path) -> None:
    assert "a.txt" not in repr(next(find_sources([tree / "a.txt"])))


@pytest.mark.parametrize(("name", "expected"), [("x.PDF", True), ("x.exe", False), ("x", False)])
def test_is_supported_by_suffix(tmp_path: Path, name: str, expected: bool) -> None:
    (tmp_path / name).write_text("x")
    assert is_supported(next(find_sources([tmp_path / name]))) is expected
