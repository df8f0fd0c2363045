"""The pytest plugin as a user's own test run sees it: through the entry point, in a child."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

POLICY = """\
format: 1
name: mine
rules:
  - {entity: EMAIL_ADDRESS, action: mask}
  - {group: SECRETS, action: drop}
"""
CASES = """\
policy: mine.yaml
cases:
  - {id: mail, text: "Write to [a.novak@example.com](EMAIL_ADDRESS).", tags: [mail]}
  - {id: password, text: "The password is: [Winter-2024!](SECRET_PASSWORD)"}
  - {id: quiet, text: "nothing to see", tags: [negative]}
  - {id: gap, text: "It is [the only dentist on the island](PERSON).", known_gap: rare}
"""
FAILING = """\
  - {id: wrong, text: "Write to b.novak@example.com."}
"""


@dataclass(frozen=True)
class Project:
    """A user's project with policies, and our package as if it were installed there."""

    root: Path
    site: Path

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")
        }
        environment["PYTHONPATH"] = os.pathsep.join([str(self.site), str(ROOT)])
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(
            command,
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def add(self, text: str, name: str = "mine.test.yaml") -> None:
        with (self.root / "policies" / name).open("a", encoding="utf-8") as file:
            file.write(text)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The entry point comes from a distribution of its own, whatever is installed here."""
    site = tmp_path / "site"
    info = site / "plugin_under_test-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin-under-test\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[pytest11]\nsecure_rag = secure_rag.policytest.pytest_plugin\n"
    )
    made = Project(tmp_path / "project", site)
    (made.root / "policies").mkdir(parents=True)
    (made.root / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    (made.root / "policies" / "mine.yaml").write_text(POLICY, "utf-8")
    made.add(CASES)
    return made


def test_plugin_entry_point_is_the_one_of_the_package() -> None:
    import tomllib

    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert table["project"]["entry-points"]["pytest11"] == {
        "secure_rag": "secure_rag.policytest.pytest_plugin"
    }


def test_plugin_runs_cases_and_known_gaps_are_expected_failures(project: Project) -> None:
    done = project.pytest("-v")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "policies/mine.test.yaml::mail PASSED" in done.stdout
    assert "policies/mine.test.yaml::gap XFAIL" in done.stdout
    assert "3 passed, 1 xfailed" in done.stdout


def test_plugin_failure_shows_the_difference_and_no_traceback(project: Project) -> None:
    project.add(FAILING)
    done = project.pytest()
    assert done.returncode == 1
    assert 'unexpected EMAIL_ADDRESS "b.novak@example.com" at 9-28' in done.stdout
    assert "mine.test.yaml:7  wrong" in done.stdout
    assert "hint: mark it" in done.stdout
    assert "Traceback" not in done.stdout and "pytest_plugin.py" not in done.stdout


def test_plugin_closed_gap_fails_where_xfail_is_strict(project: Project) -> None:
    project.add('  - {id: stale, text: "[c@example.com](EMAIL_ADDRESS)", known_gap: rare}\n')
    lenient, strict = project.pytest(), project.pytest("-o", "xfail_strict=true")
    assert (lenient.returncode, strict.returncode) == (0, 1)
    assert "1 xpassed" in lenient.stdout
    assert "[XPASS(strict)] known gap: rare" in strict.stdout


def test_plugin_known_gap_that_does_not_run_is_a_failure(project: Project) -> None:
    (project.root / "policies" / "broken.pdf").write_bytes(b"\x00\x01no document")
    project.add("  - {id: broken, file: broken.pdf, known_gap: rare}\n")
    done = project.pytest()
    assert done.returncode == 1
    assert "1 failed, 3 passed, 1 xfailed" in done.stdout


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        (("-m", "mail"), "1 passed, 3 deselected"),
        (("-k", "quiet or password"), "2 passed, 2 deselected"),
        (("policies/mine.test.yaml::mail",), "1 passed"),
        (("-m", "policy_case and not negative"), "2 passed, 1 deselected, 1 xfailed"),
    ],
)
def test_plugin_selection_by_tag_name_and_node(
    project: Project, options: tuple[str, ...], counts: str
) -> None:
    done = project.pytest(*options)
    assert done.returncode == 0, done.stdout
    assert counts in done.stdout


def test_plugin_can_be_left_out(project: Project) -> None:
    done = project.pytest("-p", "no:secure_rag")
    assert done.returncode == 5  # nothing collected
    assert "no tests ran" in done.stdout


def test_plugin_leaves_other_files_of_that_name_alone(project: Project) -> None:
    (project.root / "policies" / "other.test.yaml").write_text("tests: [1, 2]\n", "utf-8")
    done = project.pytest("--collect-only", "-q")
    assert done.returncode == 0
    assert "other.test.yaml" not in done.stdout


def test_plugin_broken_case_file_is_a_collection_error_with_its_place(project: Project) -> None:
    project.add("policy: mine.yaml\ncases:\n  - {id: a, txt: b}\n", "broken.test.yaml")
    done = project.pytest()
    assert done.returncode == 2
    assert "broken.test.yaml:3:13: unknown key txt in the case" in done.stdout
    assert "did you mean text?" in done.stdout


def test_plugin_broken_policy_fails_its_own_cases_only(project: Project) -> None:
    (project.root / "policies" / "bad.yaml").write_text(POLICY + "oops: 1\n", "utf-8")
    project.add("policy: bad.yaml\ncases:\n  - {id: a, text: b}\n", "bad.test.yaml")
    done = project.pytest()
    assert "1 failed, 3 passed, 1 xfailed" in done.stdout
    assert "bad.yaml:6:1: unknown key oops" in done.stdout


def test_plugin_rule_coverage_is_a_test_where_the_ini_file_asks_for_it(project: Project) -> None:
    enough = project.pytest("-o", "secure_rag_min_coverage=100")
    assert "4 passed, 1 xfailed" in enough.stdout
    cases = project.root / "policies" / "mine.test.yaml"
    kept = [line for line in CASES.splitlines(keepends=True) if "password" not in line]
    cases.write_text("".join(kept), "utf-8")
    short = project.pytest("-o", "secure_rag_min_coverage=100")
    assert short.returncode == 1
    assert "50 % of the rules are covered, 100 % are demanded; not covered: secrets" in short.stdout


def test_plugin_filter_is_never_in_the_process_of_pytest(project: Project) -> None:
    (project.root / "test_own.py").write_text(
        "import pathlib\n\n"
        "def test_after_the_cases_this_process_is_not_filtered():\n"
        "    status = pathlib.Path('/proc/self/status').read_text()\n"
        "    assert 'Seccomp:\\t0' in status\n",
        "utf-8",
    )
    done = project.pytest("policies", "test_own.py")
    assert "4 passed, 1 xfailed" in done.stdout, done.stdout


def test_plugin_import_loads_nothing_but_pytest(project: Project) -> None:
    code = (
        "import sys, pytest; before = set(sys.modules);"
        "import secure_rag.policytest.pytest_plugin;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.strip() == "['secure_rag']"
