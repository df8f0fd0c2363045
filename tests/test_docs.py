"""The documentation says what the code does: generated pages, links, CLI help, changelog."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "generate_reference", ROOT / "scripts" / "generate_reference.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["commands.md", "settings.md", "exit-codes.md", "events.md"])
def test_reference_page_equals_what_the_code_generates(name: str) -> None:
    page = _generator().PAGES[name]()
    written = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    assert written == page, "run `.venv/bin/python scripts/generate_reference.py`"


PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "audit").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_to_files_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_in_docs_exist(page: Path) -> None:
    module = _generator()
    known = {path.removeprefix("secure-rag").strip() for path, _ in _known(module)}
    for line in re.findall(r"secure-rag ((?:[a-z]+)(?: [a-z]+)?)", page.read_text("utf-8")):
        first = line.split()[0]
        if first in ("is", "in", "and", "does", "to", "toml", "cannot"):
            continue
        assert line in known or first in known, f"{page.name}: secure-rag {line}"


def test_threat_model_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "explanation" / "threat-model.md").read_text("utf-8")
    files = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    known = {name for text in files for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > 40
    assert named - known == set()


def _known(module: ModuleType) -> list[tuple[str, object]]:
    module.commands_page()
    return list(module._walk("secure-rag", module.cli))


def test_changelog_has_an_unreleased_section_with_lines() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    section = text.split("## Unreleased", 1)[1].split("\n## ", 1)[0]
    assert "- " in section
