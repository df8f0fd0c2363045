"""Documents that hang, bomb or are damaged: in quarantine with a reason, the ingest goes on."""

from __future__ import annotations

from pathlib import Path

from tests.assets.builders import build
from tests.assets.containers import packed, unpacked
from tests.conftest import Sandbox


def test_ingest_hostile_documents_are_quarantined_and_the_rest_is_stored(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = sandbox.workspace / "secure-rag.toml"
    text = settings.read_text("utf-8")
    assert "[ingest]" not in text or "parse_timeout_s" not in text
    settings.write_text(text + "\n[ingest]\nparse_timeout_s = 1\nworkers = 1\n", "utf-8")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1-hang.json").write_bytes(b"[" + b'{"a": "b"},' * 1_500_000 + b"1]")
    parts = unpacked(build("docx", {"body": "Lamina"}))
    (folder / "2-bomb.docx").write_bytes(packed({**parts, "zeros.xml": bytes(20_000_000)}))
    (folder / "3-damaged.pdf").write_bytes(b"PK\x03\x04" + bytes(200))
    (folder / "4-good.txt").write_text("Dear Anna Novak,\n\nthe lease of the Hull depot ends.\n")
    done = sandbox.run("index", "add", folder, "--json")
    assert done.code == 4, done.err
    reasons = sorted(entry["reason"] for entry in done.json["quarantined"])
    assert done.json["added"] == 1
    assert reasons == ["document.bomb", "document.time_out", "document.unreadable"]
    assert "Novak" not in done.out + done.err
