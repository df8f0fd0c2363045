"""Each call of the launcher failing, or lying: the exit code that the threat model's table names.

The kernel itself refuses, by a filter set before the program starts; nothing is replaced.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from secure_rag.isolation import landlock
from tests.assets import kernel
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="isolation is Linux only")

FAULTS = {
    "`prctl(NO_NEW_PRIVS)` fails": (["prctl=EPERM"], 6, "NO_NEW_PRIVS"),
    "`seccomp` fails": (["seccomp=EPERM"], 6, "socket filter"),
    "`seccomp` is not known": (["seccomp=ENOSYS"], 6, "socket filter"),
    "`seccomp` says yes and does nothing": (["seccomp=0"], 6, "self-test failed"),
    "core dumps cannot be forbidden": (["prlimit64=EPERM", "setrlimit=EPERM"], 6, "memory"),
    "a Landlock rule is refused": (["landlock_add_rule=ENOMEM"], 6, "file rules"),
    "`landlock_restrict_self` fails": (["landlock_restrict_self=E2BIG"], 6, "file rules"),
    "`landlock_restrict_self` says yes and does nothing": (
        ["landlock_restrict_self=0"],
        6,
        "not named is open",
    ),
    "the kernel has no Landlock": (["landlock_create_ruleset=ENOSYS"], 0, "warn"),
    "no network namespace may be made": (["unshare=EPERM"], 0, "shared: EPERM"),
}
NEEDS_LANDLOCK = {name for name in FAULTS if "landlock_" in name or "Landlock rule" in name}
TABLE = (ROOT / "docs/explanation/threat-model.md").read_text("utf-8")


@pytest.mark.parametrize("fault", FAULTS)
def test_launcher_fault_ends_with_its_exit_code(fault: str) -> None:
    if fault in NEEDS_LANDLOCK and landlock.abi() == 0:
        pytest.skip("this kernel has no Landlock")
    answers, code, words = FAULTS[fault]
    done = subprocess.run(
        kernel.command(answers, [sys.executable, "-m", "secure_rag", "doctor"]),
        capture_output=True,
        text=True,
        cwd=os.path.join(ROOT, "examples"),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert words in (done.stderr if code else done.stdout)
    if code:
        assert done.stdout == "", "something was done all the same"
    assert f"| {fault} | {code} |" in TABLE
