"""The table: whole documents, incremental ingest, removal to the last byte."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from secure_rag.errors import ArtifactError, FormatError, UsageError
from secure_rag.index.chunks import chunk_document
from secure_rag.index.rows import Digests, DocumentRows
from secure_rag.index.store import Store
from secure_rag.index.views import fulltext_view
from tests.conftest import ROOT
from tests.unit.index.index_documents import redacted

PERSON = "<PERSON_7Q2F9KX3MS>"
CANARY = "XQ7RJ2WVN5TB8ZKDXQ3H"


def rows(
    document: str,
    *texts: str,
    source: str | None = None,
    content: str = "c0",
    labels: tuple[str, ...] = (),
    vector: int = 0,
) -> DocumentRows:
    """Rows of a document with one chunk for each text."""
    parts = [part for text in texts for part in (("h1", "Part"), ("paragraph", text))]
    stored = redacted(document, [("title", "A title"), *parts])
    chunks = chunk_document(stored, count_tokens=lambda text: len(text.split()))
    vectors = np.zeros((len(chunks), 384), np.float32)
    vectors[:, vector] = 1.0
    return DocumentRows(stored, chunks, vectors, source or f"s{document}", content, "e", labels)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store."""
    with Store(tmp_path / "default") as opened:
        yield opened


def found(store: Store, words: str, **how: object) -> list[str]:
    """Return the documents that hold the words."""
    hits = store.matching(fulltext_view(words), 10, **how)  # type: ignore[arg-type]
    return [hit.document for hit in hits]


def test_store_without_documents_answers_every_question_with_nothing(store: Store) -> None:
    assert store.contents() == {}
    assert list(store.documents()) == []
    assert store.document("D1") is None
    assert store.chunks("D1") == []
    assert store.digests() == Digests(frozenset(), frozenset(), frozenset())
    assert store.matching("word", 5) == []
    assert store.nearest(np.ones(384, np.float32), 5) == []
    assert store.remove(["D1"]).documents == ()
    store.finish()


def test_replace_new_document_is_there_with_text_record_and_chunks(store: Store) -> None:
    written = rows("D1", f"{PERSON} signs.", labels=("legal",))
    store.replace([written])
    document = store.document("D1")
    assert document is not None
    assert document.text == written.document.text
    assert document.blocks == written.document.blocks
    assert (document.title, document.chunks, document.labels) == ("A title", 2, ("legal",))
    assert store.chunks("D1") == list(written.chunks)
    assert [one.document for one in store.documents()] == ["D1"]
    assert store.digests() == Digests(frozenset("p"), frozenset("r"), frozenset("e"))


def test_replace_known_source_takes_the_place_of_all_its_rows(store: Store) -> None:
    store.replace([rows("D1", "old words", "older words", source="s1"), rows("D2", "stays")])
    store.replace([rows("D3", "new words", source="s1", content="c1")])
    assert store.document("D1") is None
    assert store.contents()["s1"].content == "c1"
    assert {one.document for one in store.documents()} == {"D2", "D3"}
    assert found(store, "older") == []


def test_replace_same_document_again_leaves_one_copy(store: Store) -> None:
    for text in ("first text", "second text"):
        store.replace([rows("D1", text)])
    assert len(store.chunks("D1")) == 2
    assert found(store, "first") == []
    assert found(store, "second") == ["D1"]


def test_replace_two_documents_of_one_source_is_refused(store: Store) -> None:
    with pytest.raises(UsageError):
        store.replace([rows("D1", "a", source="s1"), rows("D2", "b", source="s1")])


@pytest.mark.parametrize("is_finished", [False, True])
def test_matching_stems_words_and_keeps_placeholders_whole(store: Store, is_finished: bool) -> None:
    store.replace(
        [rows("D1", f"{PERSON} terminated it."), rows("D2", "<PERSON_7Q2F9KX3M4> stays.")]
    )
    if is_finished:
        store.finish()
    assert found(store, "terminates") == ["D1"]
    assert found(store, PERSON)[0] == "D1"
    assert [hit.document for hit in store.matching("person7q2f9kx3ms0", 5)] == ["D1"]


def test_matching_finds_rows_added_after_finish(store: Store) -> None:
    store.replace([rows("D1", "early words")])
    store.finish()
    store.replace([rows("D2", "late words")])
    assert found(store, "late") == ["D2"]


@pytest.mark.parametrize("words", ['"', "a AND (b:", "field:value^2", "x* ~ [1 TO", "the", "'; --"])
def test_matching_takes_any_text_as_plain_words(store: Store, words: str) -> None:
    store.replace([rows("D1", "something else entirely")])
    assert found(store, words) == []


def test_nearest_score_is_the_cosine(store: Store) -> None:
    store.replace([rows("D1", "x", vector=0), rows("D2", "y", vector=1)])
    query = np.zeros(384, np.float32)
    query[:2] = (0.6, 0.8)
    scores = {hit.document: round(hit.score, 5) for hit in store.nearest(query, 9)}
    assert scores == {"D1": 0.6, "D2": 0.8}


def test_remove_document_is_gone_from_rows_and_files(tmp_path: Path) -> None:
    folder = tmp_path / "default"
    with Store(folder) as store:
        store.replace([rows(f"D{n}", f"kept text number {n}") for n in range(40)])
        store.replace([rows("GONE", f"secret {CANARY} here", vector=7)])
        store.finish()
        assert holds(folder, CANARY.encode()) or holds(folder, CANARY.lower().encode())
        removal = store.remove(["GONE", "ABSENT"])
        assert (removal.documents, removal.chunks) == (("GONE",), 2)
        assert len(list(store.documents())) == 40
        assert found(store, "number 7")[0] == "D7"
    assert not holds(folder, CANARY.encode())
    assert not holds(folder, CANARY.lower().encode())
    assert not holds(folder, b"GONE")


def test_remove_everything_leaves_a_store_that_works(store: Store) -> None:
    store.replace([rows("D1", "only words")])
    store.remove(["D1"])
    assert store.count_chunks() == 0
    assert found(store, "only") == []
    store.replace([rows("D2", "only words")])
    assert found(store, "only") == ["D2"]


def test_remove_interrupted_after_delete_is_ended_by_the_next_writer(tmp_path: Path) -> None:
    folder = tmp_path / "default"
    with Store(folder) as store:
        store.replace([rows("D1", "kept"), rows("GONE", f"secret {CANARY}")])
    (folder / "purge.pending").touch()
    with Store(folder) as store:
        store.replace([rows("D2", "added")])
        assert {one.document for one in store.documents()} == {"D1", "GONE", "D2"}
    assert not (folder / "purge.pending").exists()


def test_remove_of_an_id_that_is_no_id_is_refused(store: Store) -> None:
    store.replace([rows("D1", "words")])
    with pytest.raises(UsageError):
        store.remove(["x' OR 'a'='a"])
    assert store.document("x' OR 'a'='a") is None


def test_second_writer_says_that_it_waits_and_a_reader_does_not(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Store(tmp_path / "default") as other:
        store.replace([rows("D1", "words")])
        with Store(tmp_path / "default") as reader:
            assert found(reader, "words") == ["D1"]
        writing = threading.Thread(target=other.replace, args=([rows("D2", "words")],))
        writing.start()
        writing.join(0.5)
        assert writing.is_alive()
        assert "waiting until it is done" in caplog.text
        store.close()
        writing.join(30)
        # it was opened before there was a table, and goes on with the one that is there now
        assert sorted(found(other, "words")) == ["D1", "D2"]


REWRITER = """
import sys
from pathlib import Path
from secure_rag.index.store import Store
from tests.unit.index.test_store import rows
with Store(Path(sys.argv[1])) as store:
    for number in range(60):
        store.replace([rows(f"D{number}", "words are here", source=f"s{number % 20}")])
        store.finish()
"""


def test_no_read_fails_beside_a_process_that_rewrites_the_table(
    store: Store, tmp_path: Path
) -> None:
    store.replace([rows("D0", "words", source="s0")])
    store.close()
    folder = str(tmp_path / "default")
    writer = subprocess.Popen([sys.executable, "-c", REWRITER, folder], cwd=ROOT)
    reads = 0
    with Store(tmp_path / "default") as reader:
        while writer.poll() is None:
            assert found(reader, "words")
            assert reader.nearest(np.ones(384, np.float32) / 20, 3)
            assert list(reader.documents())
            reads += 1
    assert writer.returncode == 0
    assert reads > 10


def test_reader_follows_a_writer_that_drops_old_versions(store: Store, tmp_path: Path) -> None:
    store.replace([rows("D1", "first")])
    with Store(tmp_path / "default") as reader:
        assert found(reader, "first") == ["D1"]
        store.replace([rows("D2", "second")])
        store.finish()
        store.remove(["D1"])
        assert found(reader, "second") == ["D2"]
        assert found(reader, "first") == []


def test_open_table_of_another_format_is_refused(tmp_path: Path) -> None:
    import lancedb

    lancedb.connect(str(tmp_path)).create_table("chunks", data=[{"text": "x"}])
    with pytest.raises(FormatError):
        Store(tmp_path)


def test_damaged_table_is_reported_without_its_text(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.replace([rows("D1", f"secret {CANARY}")])
        store.finish()
    for file in (tmp_path / "chunks.lance" / "data").iterdir():
        file.write_bytes(b"\xff" * 64)
    with Store(tmp_path) as store, pytest.raises(ArtifactError) as caught:
        store.contents()
    assert caught.value.code == "index.unusable"
    assert caught.value.__suppress_context__


def test_folder_of_a_writer_killed_before_its_first_version_is_an_empty_store(
    tmp_path: Path,
) -> None:
    left = tmp_path / "chunks.lance" / "_transactions"
    left.mkdir(parents=True)
    (left / "0-0.txn").write_bytes(b"half")
    with Store(tmp_path) as store:
        assert list(store.documents()) == []
        store.replace([rows("D1", "first")])
    with Store(tmp_path) as store:
        assert found(store, "first") == ["D1"]


def test_table_that_lost_its_versions_is_damaged_and_not_empty(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.replace([rows("D1", "first")])
    shutil.rmtree(tmp_path / "chunks.lance" / "_versions")
    with pytest.raises(ArtifactError) as caught:
        Store(tmp_path)
    assert caught.value.code == "index.unusable"


def test_kill_at_any_moment_leaves_whole_documents_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "default"
    pause = 0.0
    for turn in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(turn)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(pause)
        pause += 0.013
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        with Store(folder) as store:
            for record in store.documents():
                assert len(store.chunks(record.document)) == record.chunks
            assert store.count_chunks() == sum(one.chunks for one in store.documents())
    with Store(folder) as store:
        store.finish()
        assert store.count_chunks() == sum(one.chunks for one in store.documents())


WRITER = """
import sys
from pathlib import Path
from tests.unit.index.test_store import rows
from secure_rag.index.store import Store

with Store(Path(sys.argv[1])) as store:
    print("ready", flush=True)
    for n in range(1000):
        texts = [f"text {n} {k}" for k in range(5)]
        name = f"D{n % 7}" if int(sys.argv[2]) % 2 else f"T{sys.argv[2]}N{n}"
        store.replace([rows(name, *texts), rows(name + "B", *texts[: n % 5])])
        if n % 3 == 2:
            store.finish()
"""


def holds(folder: Path, needle: bytes) -> bool:
    """Say whether any file under the folder holds the bytes."""
    return any(needle in file.read_bytes() for file in folder.rglob("*") if file.is_file())
