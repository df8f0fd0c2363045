"""Erasing a person and documents: gone from values, rows and bytes, for good, with a receipt."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from secure_rag.audit.note import parse_note, parse_verifier
from secure_rag.audit.verify import verify
from secure_rag.errors import AuditUnavailableError, InputError, VaultError
from secure_rag.index import lance
from secure_rag.index.chunks import chunk_document
from secure_rag.index.rows import DocumentRows
from secure_rag.index.store import Store
from secure_rag.isolation import unenforced
from secure_rag.pipeline.bytesearch import search_bytes
from secure_rag.pipeline.documents import remove_documents
from secure_rag.pipeline.erase import Erased, erase_subject
from secure_rag.pipeline.session import Session, open_session
from secure_rag.pipeline.start import create_workspace
from secure_rag.pipeline.subject import find_subject
from secure_rag.redaction.names import parse_name
from secure_rag.values import Block, Finding, RedactedDocument
from secure_rag.vault.keys import read_secrets
from secure_rag.vault.opening import OpenDomain
from secure_rag.workspace import Workspace
from tests.conftest import Sandbox

LETTERS = {
    "lease Anna Novak.txt": "The lease was signed by Anna Novak in May. Anna Novak pays the rent.",
    "note.txt": "Anna Novak called about the boiler, then spoke to Chidi Okonkwo at length.",
    "other.txt": "Chidi Okonkwo repaired the roof of the house and sent his bill to the office.",
}
IDS = ("7Q2F9KX3M4", "7Q2F9KX3M5", "7Q2F9KX3M6")


@contextmanager
def session(sandbox: Sandbox) -> Iterator[Session]:
    with open_session(
        Workspace(sandbox.workspace),
        command="test",
        collection="default",
        evidence=unenforced(),
        key_file=sandbox.key_file,
    ) as opened:
        yield opened
        opened.store.close()


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Three letters as an ingest leaves them, made without the models."""
    home = tmp_path_factory.mktemp("erase")
    sandbox = Sandbox(home, home / "workspace", home / "keys" / "test.key")
    create_workspace(sandbox.workspace, key_file=sandbox.key_file)
    with session(sandbox) as opened:
        domain = opened.domain
        people = {
            name: domain.issue("PERSON", name, parse_name(name).forms, alias_forms=name.split())
            for name in ("Anna Novak", "Chidi Okonkwo")
        }
        opened.store.replace(
            [rows(opened, people, *item) for item in zip(LETTERS, IDS, strict=True)]
        )
        opened.store.finish()
    return sandbox


def rows(opened: Session, people: dict[str, str], name: str, document: str) -> DocumentRows:
    text, path = LETTERS[name], name
    for person, placeholder in people.items():
        text, path = text.replace(person, placeholder), path.replace(person, placeholder)
    opened.domain.seal_source(document, f"/home/clerk/{name}")
    counts = (Finding("PERSON", 0, 1, 1.0, "test", "pseudonymise"),)
    body = (Block(0, len(text), "body"),)
    redacted = RedactedDocument(document, path, "text/plain", text, body, counts, "p", "r")
    chunks = chunk_document(redacted, count_tokens=lambda one: len(one.split()))
    vectors = np.random.default_rng(len(name)).normal(size=(len(chunks), 384)).astype(np.float32)
    source = opened.domain.source_digest(f"/home/clerk/{name}")
    digest = opened.embedder_digest
    return DocumentRows(redacted, chunks, vectors, source, "c" * 32, digest)


@pytest.fixture
def anna(letters: Sandbox, tmp_path: Path) -> Iterator[tuple[Sandbox, str]]:
    """A copy of its own, and the placeholder of Anna Novak."""
    own = letters.copy(tmp_path / "own")
    with session(own) as opened:
        (person,) = find_subject(opened, "Anna Novak").subjects
    assert len(person.documents) == 2 and not person.is_erased
    yield own, person.placeholder


def values(sandbox: Sandbox) -> set[str]:
    """Return every value and path that the vault still opens."""
    key = read_secrets(sandbox.key_file)
    domain = OpenDomain(sandbox.workspace / "vault", "default", key)
    with session(sandbox) as opened:
        documents = [one.document for one in opened.store.documents()]
        names = {
            name for one in documents for chunk in opened.store.chunks(one)
            for name in chunk.placeholders
        }  # fmt: skip
    return {*domain.reveal(names).values(), *domain.open_sources(documents).values()}


def assert_gone(sandbox: Sandbox, placeholder: str) -> None:
    with session(sandbox) as opened:
        assert find_subject(opened, "Anna Novak").subjects == ()
        assert opened.domain.aliases("PERSON", "Novak") == ()
        assert opened.domain.is_erased(placeholder) and opened.domain.is_issued(placeholder)
        assert opened.erasures().owed() == []
    left = values(sandbox)
    assert not any("Anna" in value or "Novak" in value for value in left)
    assert "Chidi Okonkwo" in left
    assert verify(sandbox.workspace / "audit").ok


def test_erase_destroys_values_aliases_paths_and_keeps_the_placeholder(anna) -> None:
    own, placeholder = anna
    assert any("Anna Novak" in value for value in values(own))
    assert any("lease Anna Novak" in value for value in values(own))
    with session(own) as opened:
        secrets = opened.domain.traces(placeholder)
        assert len(search_bytes([own.workspace / "vault"], secrets).found) == len(set(secrets)) > 3
        done = erase_subject(opened, placeholder.strip("<>"), purge=False)
        assert done.is_clean and len(done.documents) == 2
        assert len(opened.store.holding(placeholder)) == 2
    assert search_bytes([own.workspace / "vault"], secrets).found == frozenset()
    assert_gone(own, placeholder)


def test_erase_with_purge_takes_the_placeholder_out_of_every_byte_of_the_rows(anna) -> None:
    own, placeholder = anna
    bare = placeholder.strip("<>").encode()
    folder = own.workspace / "index"
    assert search_bytes([folder], [bare]).found
    with session(own) as opened:
        before = {one.document: one for one in opened.store.documents()}
        done = erase_subject(opened, placeholder, purge=True)
        assert done.is_clean
        assert opened.store.holding(placeholder) == []
        after = {one.document: one for one in opened.store.documents()}
        texts = [opened.store.document(one).text for one in after]
    assert search_bytes([folder], [bare, bare.lower().replace(b"_", b"")]).found == frozenset()
    assert after.keys() == before.keys()
    for document, one in after.items():
        old = before[document]
        assert (one.counts, one.source, one.content, one.added, one.characters) == (
            (old.counts, old.source, old.content, old.added, old.characters)
        )
    assert sum("[PERSON_ERASED....]" in text for text in texts) == 2
    assert_gone(own, placeholder)


def test_receipt_is_signed_names_no_one_and_says_what_remains(anna) -> None:
    own, placeholder = anna
    with session(own) as opened:
        done = erase_subject(opened, placeholder, purge=False)
    text = done.receipt_file.read_text()
    key = parse_verifier(done.receipt.verifier)
    assert parse_note(text).is_signed_by(key)
    assert not parse_note(text.replace("after       0", "after       1")).is_signed_by(key)
    assert "Anna" not in text and "Novak" not in text and "backups" in text
    assert "after       0 of them were found" in text
    log = b"".join(path.read_bytes() for path in (own.workspace / "audit").rglob("*.jsonl"))
    assert done.receipt.digest.encode() in log and b"Novak" not in log


def test_dictionary_of_a_million_against_the_log_after_erase_finds_nothing(anna) -> None:
    own, placeholder = anna
    with session(own) as opened:
        erase_subject(opened, placeholder, purge=True)
        keyed = {
            opened.domain.digest(purpose, value)
            for purpose in ("question", "answer", "audit.find", "path", "content", "source")
            for value in (b"Anna Novak", b"anna novak", b"lease Anna Novak.txt")
        }
    text = "".join(path.read_text() for path in (own.workspace / "audit").rglob("*.jsonl"))
    words = re.findall(r"[A-Za-z]+", text)
    pairs = {f"{one} {two}".casefold() for one, two in itertools.pairwise(words)}
    digests = set(re.findall(r"[0-9a-f]{32,}", text))
    assert "session start" in pairs and len(digests) > 3
    assert not any(one[:32] in {each[:32] for each in digests} for one in keyed)
    guesses = itertools.chain(["anna novak"], (f"person {number}" for number in range(1_000_000)))
    for guess in guesses:
        assert guess not in pairs
        assert hashlib.sha256(guess.encode()).hexdigest() not in digests
    assert verify(own.workspace / "audit").ok


def test_erase_of_a_forged_or_foreign_placeholder_is_refused_and_changes_nothing(anna) -> None:
    own, placeholder = anna
    for name in ("PERSON_7Q2F9KX3M4", "Anna Novak", "", placeholder.lower()):
        with session(own) as opened, pytest.raises(VaultError) as caught:
            erase_subject(opened, name, purge=False)
        assert caught.value.code == "vault.unknown_placeholder"
    assert "Anna Novak" in values(own)


class Killed(BaseException):
    """Stands for the end of the process."""


@contextmanager
def dying(turn: int) -> Iterator[None]:
    """Let the n-th durable write, and every one after it, fail as if the process had ended."""
    count = 0

    def hooked(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            nonlocal count
            count += 1
            if count >= turn:
                raise Killed
            return real(*arguments)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "fdatasync", "rename"):
            patch.setattr(os, name, hooked(getattr(os, name)))
        yield


def test_erase_cut_off_at_every_durable_write_is_continued_by_the_next_command(
    anna, tmp_path: Path
) -> None:
    own, placeholder = anna
    turn, ended, was_cut = 1, 0, True
    while was_cut:
        copy = own.copy(tmp_path / str(turn))
        was_cut = False
        try:
            with dying(turn), session(copy) as opened:
                erase_subject(opened, placeholder, purge=False)
        except (Killed, AuditUnavailableError):
            was_cut = True
        begun = any(copy.key_file.parent.glob("*.erasures.jsonl"))
        with session(copy) as opened:
            is_gone = opened.domain.is_erased(placeholder)
        assert is_gone == begun
        if begun:
            ended += 1
        shutil.rmtree(copy.home)
        turn += 1
    assert ended > 4


def test_restored_workspace_replays_erasures_and_removals_before_it_serves(anna, tmp_path) -> None:
    own, placeholder = anna
    backup = tmp_path / "backup"
    shutil.copytree(own.workspace, backup)
    with session(own) as opened:
        (other,) = [one.document for one in opened.store.documents() if one.path == "other.txt"]
        erase_subject(opened, placeholder, purge=True)
        remove_documents(opened, [other])
    shutil.rmtree(own.workspace)
    shutil.copytree(backup, own.workspace)
    assert search_bytes([own.workspace / "index"], [placeholder.strip("<>").encode()]).found
    with session(own) as opened:
        assert [one.name for one in opened.erasures().owed()] == [placeholder, other]
        assert other not in {one.document for one in opened.store.documents()}
    assert not search_bytes([own.workspace / "index"], [placeholder.strip("<>").encode()]).found
    with session(own) as opened:
        assert opened.domain.is_erased(placeholder) and opened.erasures().owed() == []


def test_restored_workspace_loses_a_removed_document_that_it_has_under_an_earlier_id(
    anna, tmp_path: Path
) -> None:
    own, _ = anna
    backup = tmp_path / "backup"
    shutil.copytree(own.workspace, backup)
    with session(own) as opened:
        changed = rows(opened, {}, "other.txt", "7Q2F9KX3M9")
        opened.store.replace([changed])
        assert len(opened.domain.sources_by_digest(changed.source)) == 2
        assert remove_documents(opened, ["7Q2F9KX3M9"]).is_clean
        assert opened.domain.sources_by_digest(changed.source) == ()
    shutil.rmtree(own.workspace)
    shutil.copytree(backup, own.workspace)
    with session(own) as opened:
        assert IDS[2] not in {one.document for one in opened.store.documents()}
        assert opened.domain.sources_by_digest(changed.source) == ()
    piece = LETTERS["other.txt"][18:60].encode()
    assert not search_bytes([own.workspace / "index"], [piece]).found


def test_list_of_erasures_without_sources_is_still_read(anna) -> None:
    own, _ = anna
    with session(own) as opened:
        erasures = opened.erasures()
        erasures.begin("document", [IDS[2]], purge=False)
        for path in opened.erasure_files:
            assert '"source": "", ' in path.read_text()
            path.write_text(path.read_text().replace('"source": "", ', ""))
        assert [(one.name, one.source) for one in erasures.owed()] == [(IDS[2], "")]
    with session(own) as opened:
        assert IDS[2] not in {one.document for one in opened.store.documents()}
        assert opened.erasures().owed() == []
    assert "/home/clerk/other.txt" not in values(own)


def test_list_of_erasures_changed_without_the_key_is_refused(anna) -> None:
    own, placeholder = anna
    with session(own) as opened:
        erase_subject(opened, placeholder, purge=False)
        path = own.workspace / "vault" / "default" / "erasures.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0].replace('"purge": false', '"purge": true'), "{torn"]))
    with pytest.raises(VaultError) as caught, session(own) as opened:
        opened.domain.close()
    assert caught.value.code == "vault.damaged"


def test_remove_leaves_no_byte_and_no_path_and_gives_a_receipt(anna) -> None:
    own, _ = anna
    with session(own) as opened:
        (one,) = [doc for doc in opened.store.documents() if doc.path == "other.txt"]
        piece = LETTERS["other.txt"][18:60].encode()
        assert search_bytes([own.workspace / "index"], [piece]).found
        done = remove_documents(opened, [one.document])
        assert done.is_clean and done.chunks == 1
    assert search_bytes([own.workspace / "index"], [piece]).found == frozenset()
    text = done.receipt_file.read_text()
    assert f"erased      document {one.document}" in text
    assert "before      5 of them were found" in text and "after       0" in text
    key = read_secrets(own.key_file)
    domain = OpenDomain(own.workspace / "vault", "default", key)
    assert domain.open_sources([one.document]) == {}


@pytest.mark.parametrize("how", ["subject erase --purge-rows", "index remove"])
def test_erasure_waits_for_another_writer_before_it_looks_what_there_is(
    anna, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    own, placeholder = anna
    with session(own) as opened:
        changed = rows(opened, {"Chidi Okonkwo": placeholder}, "other.txt", "7Q2F9KX3M9")
    folder = own.workspace / "index" / "default"
    outcome: list[object] = []

    def act() -> None:
        with session(own) as opened:
            try:
                if how == "index remove":
                    outcome.append(remove_documents(opened, [IDS[2]]))
                else:
                    outcome.append(erase_subject(opened, placeholder, purge=True))
            except InputError as error:
                outcome.append(error.code)

    with Store(folder) as writer:
        writer.begin_writing()
        thread = threading.Thread(target=act)
        thread.start()
        while "another process is writing" not in caplog.text and thread.is_alive():
            time.sleep(0.01)
        assert thread.is_alive()
        writer.replace([changed])
    thread.join(60)
    (found,) = outcome
    if how == "index remove":
        assert found == "document.unknown"
        assert not (own.workspace / "receipts").exists()
        return
    assert isinstance(found, Erased) and found.is_clean and "7Q2F9KX3M9" in found.documents
    with session(own) as opened:
        assert opened.store.holding(placeholder) == []


def lance_table(sandbox: Sandbox) -> lance.Table:
    return lance.connect(str(sandbox.workspace / "index" / "default")).open_table("chunks")


def versions_with(sandbox: Sandbox, numbers: Iterable[int], piece: str) -> list[int]:
    """Return the versions that open and whose rows hold a piece of text."""
    found = []
    for number in numbers:
        table = lance_table(sandbox)
        try:
            table.checkout(number)
            rows = table.to_arrow().to_pylist()
        except (RuntimeError, ValueError, OSError):
            continue
        if any(piece in str(row) for row in rows):
            found.append(number)
    return found


def opening(sandbox: Sandbox, numbers: Iterable[int]) -> list[int]:
    """Return the versions that open at all, whatever they hold."""
    return versions_with(sandbox, numbers, "")


def table_files(sandbox: Sandbox) -> set[Path]:
    table = sandbox.workspace / "index" / "default" / "chunks.lance"
    found = {path.relative_to(table) for path in table.rglob("*") if path.is_file()}
    return found - {Path("_versions/latest_version_hint.json")}  # a number, written over in place


@pytest.mark.parametrize("how", ["subject erase --purge-rows", "index remove"])
def test_every_old_version_is_refused_and_no_file_of_one_is_left(anna, how: str) -> None:
    own, placeholder = anna
    bare = placeholder.strip("<>")
    with session(own) as opened:
        held = opened.store.holding(placeholder)
        again = rows(opened, {"Anna Novak": placeholder}, "lease Anna Novak.txt", IDS[0])
        for _ in range(4):  # commits that no `finish` follows: old versions stay
            opened.store.replace([again])
    before = [one["version"] for one in lance_table(own).list_versions()]
    files = table_files(own)
    assert len(before) > 4 and len(versions_with(own, before, bare)) == len(before)
    with session(own) as opened:
        if how == "index remove":
            assert remove_documents(opened, held).is_clean
        else:
            assert erase_subject(opened, placeholder, purge=True).is_clean
    (now,) = [one["version"] for one in lance_table(own).list_versions()]
    assert now > max(before)
    assert opening(own, range(1, now)) == []
    assert opening(own, [now]) == [now] and versions_with(own, [now], bare) == []
    assert table_files(own).isdisjoint(files)
    assert not any("_refs" in path.parts for path in table_files(own)), "a tag keeps versions"
