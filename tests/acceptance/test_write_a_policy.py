"""docs/how-to/write-a-policy.md, run as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "how-to" / "write-a-policy.md"


def test_how_to_write_a_policy_runs_as_written(tmp_path: Path) -> None:
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), re.S | re.M))
    command = f'secure-rag() {{ "{sys.executable}" -m secure_rag "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-euc", command + script],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    looks = re.findall(r"^in matter .*$", done.stdout, re.MULTILINE)
    assert looks[1].startswith("in matter [HP-2041](ID_NUMBER) the lease")
    assert "pseudonymise by rule default; matter-number, score" in done.stdout
    assert "4 cases: 4 passed; rules covered 2 of 2" in done.stdout
    assert re.search(r"^1 case: 1 passed$", done.stdout, re.MULTILINE)
    assert re.search(r"^mutation firm: \d+ of \d+ changes noticed", done.stdout, re.MULTILINE)
    assert "5 cases: 5 passed; rules covered 2 of 2" in done.stdout
    redacted = done.stdout.partition("mutation firm")[2]
    assert "in matter <ID_NUMBER_1> the lease of 14 March 2023" in redacted
    captured = (tmp_path / "policies" / "firm.test.yaml").read_text("utf-8")
    letter = captured.partition("lease-letter")[2]
    assert letter and "Okafor" not in letter and "HP-2041" not in letter
    assert (tmp_path / "report.xml").is_file()
