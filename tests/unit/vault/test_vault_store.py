"""Domains: look up, issue, erase, sources; and what an outsider with write access can do."""

from __future__ import annotations

import os
import sqlite3
import threading

import pytest

from secure_rag.errors import FormatError, VaultError
from secure_rag.slots import SlotFile
from secure_rag.vault.keys import read_secrets
from secure_rag.vault.placeholders import is_well_formed, new_placeholder
from secure_rag.vault.records import RECORDS
from secure_rag.vault.reveal import OpenDomain
from secure_rag.vault.store import SUBJECT_KEYS

CANARY = "Quentin Canary-Example"
FORM = "quentin canary-example"
ALIAS = "canary-example"
PATH = "/home/clerk/Quentin Canary-Example/letter.docx"


def opened(place, name: str = "default") -> OpenDomain:
    return OpenDomain(place.folder, name, read_secrets(place.key_file))


def rows(place, statement: str, *values: object, name: str = "default") -> list[tuple]:
    connection = sqlite3.connect(place.folder / name / RECORDS)
    with connection:
        connection.execute("PRAGMA synchronous = OFF")
        found = connection.execute(statement, values).fetchall()
    connection.close()
    return found


def test_issue_value_is_looked_up_by_form_and_opened_by_the_private_side_only(place):
    domain = place.domain()
    placeholder = domain.issue("PERSON", CANARY, [FORM, "q. canary-example"], alias_forms=[ALIAS])
    assert is_well_formed(placeholder)
    again = place.domain()
    assert again.is_issued(placeholder)
    assert again.lookup("PERSON", FORM) == (placeholder,)
    assert again.lookup("PERSON", "q. canary-example") == (placeholder,)
    assert again.aliases("PERSON", ALIAS) == (placeholder,)
    assert opened(place).reveal([placeholder]) == {placeholder: CANARY}


def test_lookup_form_of_another_kind_or_type_or_domain_finds_nothing(place):
    domain = place.domain()
    domain.issue("PERSON", CANARY, [FORM], alias_forms=[ALIAS])
    assert domain.lookup("LOCATION", FORM) == ()
    assert domain.lookup("PERSON", ALIAS) == ()
    assert domain.aliases("PERSON", FORM) == ()
    assert place.domain("other").lookup("PERSON", FORM) == ()


def test_lookup_in_a_domain_without_entries_makes_no_files(place):
    domain = place.domain("empty")
    assert domain.lookup("PERSON", FORM) == ()
    assert domain.aliases("PERSON", FORM) == ()
    assert not domain.is_issued(new_placeholder("PERSON"))
    assert domain.sources_by_path(PATH) == ()
    assert len(domain.digest("content", b"x")) == 64
    assert not (place.folder / "empty").exists()


def test_same_value_in_two_domains_shares_no_byte_to_link_by(place):
    one, other = place.domain("one"), place.domain("other")
    assert one.issue("PERSON", CANARY, [FORM]) != other.issue("PERSON", CANARY, [FORM])
    tags = [rows(place, "SELECT tag FROM forms", name=name)[0][0] for name in ("one", "other")]
    assert tags[0] != tags[1]
    assert one.digest("content", b"same") != other.digest("content", b"same")
    assert one.digest("content", b"same") != one.digest("path", b"same")
    assert one.digest("content", b"same") == place.domain("one").digest("content", b"same")


def test_lookup_or_issue_one_match_returns_it_and_enters_the_new_forms(place):
    domain = place.domain()
    first = domain.lookup_or_issue("PERSON", [FORM], CANARY)
    second = domain.lookup_or_issue("PERSON", [FORM, "qc"], CANARY, alias_forms=[ALIAS])
    assert first == second
    assert domain.lookup("PERSON", "qc") == (first,)
    assert domain.aliases("PERSON", ALIAS) == (first,)
    assert len(rows(place, "SELECT * FROM records")) == 1


def test_lookup_or_issue_several_matches_issues_a_new_one(place):
    domain = place.domain()
    known = {
        domain.issue("PERSON", CANARY, [FORM]),
        domain.issue("PERSON", CANARY, [FORM]),
    }
    assert set(domain.lookup("PERSON", FORM)) == known
    assert domain.lookup_or_issue("PERSON", [FORM], CANARY) not in known
    assert len(domain.lookup("PERSON", FORM)) == 3


def test_aliases_that_fit_two_are_both_returned(place):
    domain = place.domain()
    both = {domain.issue("PERSON", CANARY, [form], alias_forms=[ALIAS]) for form in ("a", "b")}
    assert set(domain.aliases("PERSON", ALIAS)) == both


def test_add_forms_and_aliases_are_found_and_twice_is_once(place):
    domain = place.domain()
    placeholder = domain.issue("PERSON", CANARY, [])
    for _ in range(2):
        domain.add_forms(placeholder, [FORM, FORM])
        domain.add_aliases(placeholder, [ALIAS])
    assert domain.lookup("PERSON", FORM) == domain.aliases("PERSON", ALIAS) == (placeholder,)


@pytest.mark.parametrize("act", ["add_forms", "add_aliases", "erase"])
def test_placeholder_of_another_vault_is_refused(place, act):
    domain = place.domain()
    domain.issue("PERSON", CANARY, [FORM])
    for forged in (new_placeholder("PERSON"), "<PERSON_1>", "", "x" * 1000):
        with pytest.raises(VaultError) as caught:
            getattr(domain, act)(forged, *([] if act == "erase" else [[FORM]]))
        assert caught.value.code == "vault.unknown_placeholder"


@pytest.mark.parametrize(
    "forge",
    [str.lower, lambda p: p[1:-1], lambda p: p + " ", lambda p: p.replace("_", "-")],
)
def test_is_issued_and_reveal_take_exact_placeholders_only(place, forge):
    domain = place.domain()
    forged = forge(domain.issue("PERSON", CANARY, [FORM]))
    assert not domain.is_issued(forged)
    assert opened(place).reveal([forged]) == {}


def test_erase_destroys_value_and_lookup_but_not_the_placeholder(place):
    domain = place.domain()
    placeholder = domain.issue("PERSON", CANARY, [FORM], alias_forms=[ALIAS])
    other = domain.issue("PERSON", "Somebody Else", ["other"])
    ((tag, slot),) = rows(
        place,
        "SELECT tag, slot FROM forms JOIN records USING (placeholder)"
        " WHERE placeholder = ? LIMIT 1",
        placeholder,
    )
    with SlotFile.open(place.folder / "default" / SUBJECT_KEYS) as slots:
        secret = slots.read(slot)
    assert secret is not None
    assert secret in place.content()
    domain.erase(placeholder)
    domain.erase(placeholder)
    assert secret not in place.content()
    assert tag not in place.content()
    assert domain.lookup("PERSON", FORM) == domain.aliases("PERSON", ALIAS) == ()
    assert domain.is_issued(placeholder)
    assert opened(place).reveal([placeholder, other]) == {other: "Somebody Else"}
    with pytest.raises(VaultError):
        domain.add_forms(placeholder, [FORM])
    assert domain.lookup_or_issue("PERSON", [FORM], CANARY) != placeholder


def test_erased_subject_slot_alone_makes_the_value_unreadable(place):
    placeholder = place.domain().issue("PERSON", CANARY, [FORM])
    with SlotFile.open(place.folder / "default" / SUBJECT_KEYS) as slots:
        slots.erase(0)
    assert opened(place).reveal([placeholder]) == {}


def test_damaged_subject_slot_is_an_error_not_an_erasure(place):
    placeholder = place.domain().issue("PERSON", CANARY, [FORM])
    with (place.folder / "default" / SUBJECT_KEYS).open("r+b") as file:
        file.seek(80)
        byte = file.read(1)[0]
        file.seek(80)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(VaultError):
        opened(place).reveal([placeholder])


def test_sources_are_sealed_found_by_path_moved_and_forgotten(place):
    domain = place.domain()
    domain.seal_source("7Q2F9KX3M4", PATH)
    domain.seal_source("7Q2F9KX3M4", PATH)
    assert domain.sources_by_path(PATH) == ("7Q2F9KX3M4",)
    assert opened(place).open_sources(["7Q2F9KX3M4", "unknown"]) == {"7Q2F9KX3M4": PATH}
    domain.seal_source("7Q2F9KX3M4", PATH + "2")
    assert domain.sources_by_path(PATH) == ()
    assert opened(place).open_sources(["7Q2F9KX3M4"]) == {"7Q2F9KX3M4": PATH + "2"}
    domain.forget_source("7Q2F9KX3M4")
    domain.forget_source("7Q2F9KX3M4")
    assert opened(place).open_sources(["7Q2F9KX3M4"]) == {}
    with SlotFile.open(place.folder / "default" / SUBJECT_KEYS) as slots:
        assert [slots.is_blank(i) for i in range(len(slots))] == [True, True]


def test_source_is_forgotten_under_every_id_but_those_that_stay(place):
    domain = place.domain()
    ids = ("7Q2F9KX3M4", "7Q2F9KX3M5", "7Q2F9KX3M6")
    for document in ids:
        domain.seal_source(document, PATH)
    domain.seal_source("7Q2F9KX3M7", PATH + "2")
    source = domain.source_digest(PATH)
    assert {domain.source_of(one) for one in ids} == {source}
    traces = domain.source_traces([source])
    assert len(set(traces)) == 9 and all(one in place.content() for one in traces)
    domain.forget_sources([source], but=[ids[1]])
    assert domain.sources_by_path(PATH) == (ids[1],)
    domain.forget_sources([source, "0" * 32])
    assert domain.sources_by_path(PATH) == () and domain.source_of(ids[1]) is None
    assert not any(one in place.content() for one in traces)
    assert list(opened(place).open_sources([*ids, "7Q2F9KX3M7"])) == ["7Q2F9KX3M7"]


def test_source_is_found_by_the_marks_of_a_name_before_and_after_it_is_known(place):
    domain = place.domain()
    for number, forms in enumerate((["anna novak"], ["petr novak"], [], None)):
        marks = None if forms is None else domain.name_marks("PERSON", forms, forms)
        domain.seal_source(f"7Q2F9KX3M{number}", f"{PATH}{number}", marks=marks)
    bare = domain.name_marks("PERSON", [], ["novak"])
    domain.seal_source("7Q2F9KX3M4", f"{PATH}4", marks=bare)
    placeholder = domain.issue("PERSON", CANARY, ["anna novak"], alias_forms=["novak"])
    assert domain.sources_naming(placeholder) == {
        domain.source_digest(f"{PATH}{number}") for number in (0, 3, 4)
    }
    other = domain.issue("EMAIL_ADDRESS", CANARY, ["anna novak"])
    assert domain.sources_naming(other) == {domain.source_digest(f"{PATH}3")}
    domain.seal_source("7Q2F9KX3M3", f"{PATH}3", marks=())
    assert domain.sources_naming(other) == frozenset()


@pytest.mark.parametrize("change", ["NULL", "x'0011223344556677'"])
def test_marks_of_a_source_changed_without_the_key_are_refused(place, change):
    domain = place.domain()
    placeholder = domain.issue("PERSON", CANARY, [FORM])
    domain.seal_source("7Q2F9KX3M4", PATH, marks=domain.name_marks("PERSON", [FORM], []))
    rows(place, f"UPDATE source_marks SET marks = {change}")
    with pytest.raises(VaultError) as caught:
        place.domain().sources_naming(placeholder)
    assert caught.value.code == "vault.damaged"


def test_value_path_and_forms_are_in_no_file_and_no_repr(place):
    domain = place.domain()
    domain.issue("PERSON", CANARY, [FORM], alias_forms=[ALIAS])
    domain.seal_source("7Q2F9KX3M4", PATH)
    stored = place.content().lower()
    for word in (CANARY, "quentin", ALIAS, "letter.docx", "clerk"):
        for encoding in ("utf-8", "utf-16-le"):
            assert word.lower().encode(encoding) not in stored
    shown = repr(domain) + repr(opened(place)) + repr(place.open())
    assert "uentin" not in shown


def test_files_are_their_owners_only(place):
    before = os.umask(0)
    try:
        place.domain().issue("PERSON", CANARY, [FORM])
    finally:
        os.umask(before)
    home = place.folder / "default"
    assert {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()} == {
        RECORDS: 0o600,
        SUBJECT_KEYS: 0o600,
    }
    assert home.stat().st_mode & 0o777 == 0o700


COLUMNS = ("placeholder", "entity", "version", "slot", "ephemeral", "sealed", "mac")


@pytest.mark.parametrize("column", COLUMNS)
def test_record_any_flipped_bit_is_rejected_on_both_sides(place, column):
    domain = place.domain()
    placeholder = domain.issue("PERSON", CANARY, [FORM])
    private = opened(place)
    ((original,),) = rows(place, f"SELECT {column} FROM records")
    raw = original if isinstance(original, bytes) else str(original).encode()
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        stored = bytes(flipped) if isinstance(original, bytes) else flipped.decode("latin-1")
        if isinstance(original, int):
            stored = original ^ (1 << bit)
        rows(place, f"UPDATE records SET {column} = ?", stored)
        if column == "placeholder":
            assert not domain.is_issued(placeholder)
            assert private.reveal([placeholder]) == {}
            continue
        with pytest.raises(VaultError):
            domain.is_issued(placeholder)
        with pytest.raises(VaultError):
            private.reveal([placeholder])


@pytest.mark.parametrize("table", ["records", "forms", "sources"])
@pytest.mark.parametrize("value", [None, 1.5, "text", b"", 2**40, -1])
def test_row_with_a_value_of_another_kind_is_rejected(place, table, value):
    domain = place.domain()
    placeholder = domain.issue("PERSON", CANARY, [FORM])
    domain.seal_source("7Q2F9KX3M4", PATH)
    column = {"records": "slot", "forms": "mac", "sources": "sealed"}[table]
    try:
        rows(place, f"UPDATE {table} SET {column} = ?", value)
    except sqlite3.IntegrityError:
        return
    with pytest.raises(VaultError):
        opened(place).reveal([placeholder])
        domain.lookup("PERSON", FORM)
        opened(place).open_sources(["7Q2F9KX3M4"])


SWAPS = (
    "ephemeral = (SELECT ephemeral FROM records WHERE placeholder = :other)",
    "sealed = (SELECT sealed FROM records WHERE placeholder = :other)",
    "(ephemeral, sealed) = (SELECT ephemeral, sealed FROM records WHERE placeholder = :other)",
    "(sealed, mac) = (SELECT sealed, mac FROM records WHERE placeholder = :other)",
    "entity = 'LOCATION'",
    "version = 2",
)


@pytest.mark.parametrize("number", range(len(SWAPS)))
def test_record_with_parts_of_another_is_rejected(place, number):
    domain = place.domain()
    one = domain.issue("PERSON", CANARY, [FORM])
    other = domain.issue("PERSON", "Somebody Else", ["other"])
    connection = sqlite3.connect(place.folder / "default" / RECORDS)
    with connection:
        connection.execute(
            f"UPDATE records SET {SWAPS[number]} WHERE placeholder = :one",
            {"one": one, "other": other},
        )
    connection.close()
    with pytest.raises(VaultError):
        opened(place).reveal([one])
    assert opened(place).reveal([other]) == {other: "Somebody Else"}


def test_two_records_with_swapped_names_are_rejected(place):
    domain = place.domain()
    one, other = (domain.issue("PERSON", name, [name]) for name in (CANARY, "Else"))
    for before, after in ((one, "x"), (other, one), ("x", other)):
        rows(
            place,
            "UPDATE records SET placeholder = ? WHERE placeholder = ?",
            after,
            before,
        )
    for placeholder in (one, other):
        with pytest.raises(VaultError):
            opened(place).reveal([placeholder])


def test_domain_folder_put_under_another_name_is_rejected(place):
    placeholder = place.domain("one").issue("PERSON", CANARY, [FORM])
    (place.folder / "one").rename(place.folder / "two")
    assert place.domain("two").lookup("PERSON", FORM) == ()
    with pytest.raises(VaultError):
        place.domain("two").is_issued(placeholder)
    with pytest.raises(VaultError):
        opened(place, "two").reveal([placeholder])


def test_subject_secrets_swapped_are_rejected(place):
    domain = place.domain()
    one = domain.issue("PERSON", CANARY, [FORM])
    domain.issue("PERSON", "Else", ["else"])
    with SlotFile.open(place.folder / "default" / SUBJECT_KEYS) as slots:
        first, second = slots.read(0), slots.read(1)
        slots.write(0, second)
        slots.write(1, first)
    with pytest.raises(VaultError):
        opened(place).reveal([one])


def test_lookup_entry_pointed_at_another_placeholder_is_rejected(place):
    domain = place.domain()
    one = domain.issue("PERSON", CANARY, [FORM])
    other = domain.issue("PERSON", "Else", [])
    rows(place, "UPDATE forms SET placeholder = ? WHERE placeholder = ?", other, one)
    with pytest.raises(VaultError):
        domain.lookup("PERSON", FORM)


def test_file_that_is_no_database_is_exit_6_without_its_content(place):
    place.domain().issue("PERSON", CANARY, [FORM])
    (place.folder / "default" / RECORDS).write_bytes(CANARY.encode() * 400)
    with pytest.raises(VaultError) as caught:
        place.domain().lookup("PERSON", FORM)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_database_of_a_later_format_is_refused(place):
    place.domain().issue("PERSON", CANARY, [FORM])
    rows(place, "PRAGMA user_version = 3")
    with pytest.raises(FormatError):
        place.domain().lookup("PERSON", FORM)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "a\0b", "vault.json", "x" * 65])
def test_domain_name_that_leads_elsewhere_is_refused(place, name):
    with pytest.raises(VaultError):
        place.domain(name)


def test_batch_is_kept_whole_or_not_at_all(place):
    domain = place.domain()
    with domain.batch():
        kept = [domain.issue("PERSON", CANARY, [f"form {i}"]) for i in range(20)]
        assert domain.lookup("PERSON", "form 3") == (kept[3],)
    lost = []
    with pytest.raises(RuntimeError), domain.batch():
        lost.append(domain.issue("PERSON", CANARY, ["lost"]))
        raise RuntimeError
    assert all(map(place.domain().is_issued, kept))
    assert not place.domain().is_issued(lost[0])
    assert domain.lookup("PERSON", "lost") == ()
    domain.issue("PERSON", CANARY, ["after"])


def test_batch_with_a_swallowed_failure_keeps_nothing(place):
    domain = place.domain()
    with pytest.raises(VaultError), domain.batch():
        domain.issue("PERSON", CANARY, [FORM])
        with pytest.raises(VaultError):
            domain.add_forms("<PERSON_1>", [FORM])
    assert domain.lookup("PERSON", FORM) == ()


def test_domain_shared_by_threads_issues_each_form_once(place):
    domain = place.domain()
    found: list[set[str]] = []

    def issue() -> None:
        found.append({domain.lookup_or_issue("PERSON", [f"form {i}"], CANARY) for i in range(20)})

    threads = [threading.Thread(target=issue) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set.union(*found)) == 20


def test_domain_closed_opens_again_by_itself(place):
    domain = place.domain()
    placeholder = domain.issue("PERSON", CANARY, [FORM])
    domain.close()
    assert domain.lookup("PERSON", FORM) == (placeholder,)
