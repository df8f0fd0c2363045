"""`doctor --tune`: measured once, remembered outside the workspace, never needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conftest import Done, Sandbox, secure_rag


def writer_line(done: Done) -> dict[str, Any]:
    (line,) = [check for check in done.json["checks"] if check["subject"] == "writer"]
    found: dict[str, Any] = line
    return found


def test_doctor_tune_is_remembered_on_this_machine(sandbox: Sandbox, tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    tuned = writer_line(sandbox.run("doctor", "--tune", "--json", env=env))
    assert "measured here" in tuned["detail"]
    (record,) = (tmp_path / "cache" / "secure-rag" / "tuning").iterdir()
    assert str(sandbox.home) not in record.read_text("utf-8")
    assert writer_line(sandbox.run("doctor", "--json", env=env)) == tuned
    (sandbox.workspace / "secure-rag.toml").open("a").write("[answering]\nthreads = 1\n")
    assert "threads 1," in writer_line(sandbox.run("doctor", "--json", env=env))["detail"]


def test_doctor_without_a_cache_folder_uses_the_defaults(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = sandbox.run("doctor", "--json", env={"XDG_CACHE_HOME": str(tmp_path / "file")})
    line = writer_line(done)
    assert line["state"] == "ok"
    assert "not measured" in line["detail"]


def test_doctor_tune_without_a_workspace_is_a_usage_error(tmp_path: Path) -> None:
    assert secure_rag("doctor", "--tune", cwd=tmp_path).code == 2
