"""The parser process: isolated, replaced after a crash or time-out, never deadlocked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from secure_rag.documents.reader import DocumentReader
from secure_rag.documents.wire import frame, from_plain
from secure_rag.errors import DocumentError
from tests.assets.builders import FIELDS, build, file_name

HEAVY = b"[" + b'{"a": "b"},' * 1_000_000 + b"1]"
"""JSON that takes seconds to read."""


@pytest.fixture(scope="module")
def reader() -> Iterator[DocumentReader]:
    with DocumentReader(timeout_s=30, memory_mb=1024, max_file_mb=50) as opened:
        yield opened


def code_of(reader: DocumentReader, data: bytes, name: str) -> str:
    with pytest.raises(DocumentError) as caught:
        reader.read(data, name)
    return caught.value.code


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_read_any_format_gives_its_text(reader: DocumentReader, kind: str) -> None:
    data = build(kind, {"body": "Lamina met Okoro"})
    assert "Lamina met Okoro" in reader.read(data, file_name(kind)).text


def test_read_several_documents_uses_one_process(reader: DocumentReader) -> None:
    reader.read(b"first", "a.txt")
    first = reader.process_id
    assert code_of(reader, b"\x89PNG", "a.txt") == "document.wrong_type"
    reader.read(b"second", "a.txt")
    assert first is not None
    assert reader.process_id == first


def test_read_does_nothing_before_the_first_document() -> None:
    with DocumentReader(timeout_s=5, memory_mb=1024, max_file_mb=1) as reader:
        assert reader.process_id is None
        assert code_of(reader, b"", "a.txt") == "document.empty"
        assert code_of(reader, bytes(2_000_000), "a.txt") == "document.too_large"
        assert reader.process_id is None


def test_read_large_file_does_not_deadlock(reader: DocumentReader) -> None:
    data = b"Lamina met Okoro in Hull on a Monday.\n" * 400_000
    assert len(reader.read(data, "a.txt").text) > 15_000_000


def test_read_too_slow_is_a_time_out_and_the_next_document_is_read() -> None:
    with DocumentReader(timeout_s=0.5, memory_mb=1024, max_file_mb=50) as reader:
        assert code_of(reader, HEAVY, "a.json") == "document.time_out"
        assert reader.process_id is None
        assert "two" in reader.read(b"two", "a.txt").text


def test_read_after_the_process_was_killed_starts_another() -> None:
    with DocumentReader(timeout_s=30, memory_mb=1024, max_file_mb=50) as reader:
        reader.read(b"one", "a.txt")
        first = reader.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert "two" in reader.read(b"two", "a.txt").text
        assert reader.process_id != first


def kill_when_started(reader: DocumentReader) -> None:
    while reader.process_id is None:
        time.sleep(0.01)
    time.sleep(0.2)
    os.kill(reader.process_id, signal.SIGKILL)


def test_read_killed_process_is_a_crash_and_the_next_document_is_read() -> None:
    with DocumentReader(timeout_s=30, memory_mb=1024, max_file_mb=50) as reader:
        killer = threading.Thread(target=kill_when_started, args=(reader,))
        killer.start()
        assert code_of(reader, HEAVY, "a.json") == "document.crashed"
        killer.join()
        assert "two" in reader.read(b"two", "a.txt").text


def test_read_beyond_the_memory_limit_is_too_large_and_the_next_document_is_read() -> None:
    with DocumentReader(timeout_s=60, memory_mb=128, max_file_mb=50) as reader:
        assert code_of(reader, HEAVY, "a.json") == "document.too_large"
        assert "two" in reader.read(b"two", "a.txt").text


def test_close_leaves_no_process_and_no_descriptor() -> None:
    before = open_descriptors()
    reader = DocumentReader(timeout_s=30, memory_mb=1024, max_file_mb=1)
    reader.read(b"one", "a.txt")
    process = reader.process_id
    reader.close()
    reader.close()
    assert open_descriptors() == before
    assert not Path(f"/proc/{process}").exists()


def test_read_name_that_is_no_text_is_shown_replaced(reader: DocumentReader) -> None:
    assert "?" in reader.read(b"one", "a\udcff.txt").text


def child_status(reader: DocumentReader) -> dict[str, str]:
    reader.read(b"one", "a.txt")
    lines = Path(f"/proc/{reader.process_id}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def test_read_process_is_filtered_and_bounded(reader: DocumentReader) -> None:
    assert child_status(reader)["Seccomp"] == "2"
    limits = Path(f"/proc/{reader.process_id}/limits").read_text()
    found = {line[:26].strip(): line[26:47].strip() for line in limits.splitlines()}
    assert found["Max address space"] == str(1024 * 1024 * 1024)
    assert found["Max file size"] == found["Max core file size"] == "0"


def test_read_process_has_the_pipe_and_nothing_else_open(reader: DocumentReader) -> None:
    reader.read(b"one", "a.txt")
    folder = Path(f"/proc/{reader.process_id}/fd")
    targets = sorted(os.readlink(entry) for entry in folder.iterdir())
    assert [target for target in targets if not target.startswith("pipe:")] == ["/dev/null"] * 2
    assert len(targets) == 4


def test_child_that_starts_without_parsers_imports_none() -> None:
    """What is imported before isolation runs without it."""
    program = (
        "import sys, secure_rag.documents.child as c;"
        "print([m for m in ('lxml', 'pypdfium2', 'markdown_it', 'charset_normalizer', 'email',"
        " 'secure_rag.documents.loading') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert done.stdout.strip() == "[]"


def test_read_survives_a_parent_that_has_gone() -> None:
    """A child whose parent closed the pipe ends by itself."""
    limits = ["--memory-mb", "1024", "--timeout-s", "5"]
    process = subprocess.Popen(
        [sys.executable, "-m", "secure_rag.documents.child", *limits],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    process.communicate(b"", timeout=30)
    assert process.returncode == 0


GOOD = {
    "media_type": "text/plain",
    "text": "Lamina Okoro",
    "flags": [],
    "blocks": [[0, 6, "body", "paragraph", None, None, None, None, []]],
}
BLOCK = GOOD["blocks"][0]


@pytest.mark.parametrize(
    "change",
    [
        {"media_type": "text/other"},
        {"text": 7},
        {"text": "\ud800 Okoro"},
        {"flags": ["Lamina Okoro"]},
        {"flags": None},
        {"blocks": [[0, 60, *BLOCK[2:]]]},
        {"blocks": [[-1, 6, *BLOCK[2:]]]},
        {"blocks": [[3, 3, *BLOCK[2:]]]},
        {"blocks": [[True, 6, *BLOCK[2:]]]},
        {"blocks": [[4, 6, *BLOCK[2:]], [0, 5, *BLOCK[2:]]]},
        {"blocks": [[0, 6, "secret", *BLOCK[3:]]]},
        {"blocks": [[0, 6, "body", "other", *BLOCK[4:]]]},
        {"blocks": [[0, 6, "body", [], *BLOCK[4:]]]},
        {"blocks": [[0, 6, "body", "row", "one", *BLOCK[5:]]]},
        {"blocks": [[*BLOCK[:8], [[0, 99]]]]},
        {"blocks": [BLOCK[:5]]},
        {"blocks": ["abc"]},
        {"more": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_from_plain_of_what_no_loader_makes_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\A(?!.*Okoro)"):
        from_plain({**GOOD, **change})


def test_frame_starts_with_its_length() -> None:
    data = frame({"a": "\u00e9"})
    assert int.from_bytes(data[:8], "big") == len(data) - 8


def test_read_is_warm_after_the_first(reader: DocumentReader) -> None:
    reader.read(b"one", "a.txt")
    start = time.perf_counter()
    for _ in range(20):
        reader.read(b"one", "a.txt")
    assert time.perf_counter() - start < 1.0
