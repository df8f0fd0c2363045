"""Surrogates: the same shape and valid, and nothing of the value in them."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_rag.errors import InputError, PolicyError
from secure_rag.policy.cases import load_cases
from secure_rag.policy.entities import ENTITIES
from secure_rag.policytest.capture import append_case, capture, case_yaml
from secure_rag.policytest.surrogate_numbers import luhn_sum
from secure_rag.policytest.surrogate_words import FIRMS, GIVEN_NAMES, PLACES, SURNAMES, TRADES
from secure_rag.policytest.surrogates import RUN, Surrogates, is_nobodys, runs_of
from secure_rag.values import Finding

# values that are invented, or from ranges for tests; ids are numbers, never values
VALUES = [
    ("PERSON", "Anna Novak"),
    ("PERSON", "NOVAK"),
    ("PERSON", "J. R. van der Berg"),
    ("PERSON", "o'connor"),
    ("USERNAME", "anovak77"),
    ("EMAIL_ADDRESS", "anna.novak@example.com"),
    ("EMAIL_ADDRESS", "INFO@EXAMPLE.ORG"),
    ("PHONE_NUMBER", "+44 20 7946 0958"),
    ("PHONE_NUMBER", "(212) 555-0142"),
    ("PHONE_NUMBER", "07700 900123"),
    ("CREDIT_CARD", "4111 1111 1111 1111"),
    ("CREDIT_CARD", "3782-822463-10005"),
    ("IBAN_CODE", "GB82 WEST 1234 5698 7654 32"),
    ("IBAN_CODE", "DE89370400440532013000"),
    ("BIC_CODE", "ABCDGB2L"),
    ("UK_NHS", "999 000 1219"),
    ("US_SSN", "987-65-4321"),
    ("US_ITIN", "911-70-1234"),
    ("UK_NINO", "AB 12 34 56 C"),
    ("MEDICAL_LICENSE", "BB1388568"),
    ("US_PASSPORT", "912803456"),
    ("CRYPTO", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
    ("DATE_TIME", "14 March 1985"),
    ("DATE_TIME", "2023-03-14T09:00:00Z"),
    ("DATE_TIME", "14/03/2023"),
    ("DATE_TIME", "September 2021"),
    ("ORGANIZATION", "Halden Logistics Limited"),
    ("LOCATION", "Gothenburg"),
    ("NRP", "Catholic"),
    ("STREET_ADDRESS", "14 Orchard Street, Leeds"),
    ("POSTCODE", "LS1 4AP"),
    ("URL", "https://intranet.example.com/people/anovak"),
    ("URL", "http://www.example.org"),
    ("IP_ADDRESS", "192.0.2.44"),
    ("IP_ADDRESS", "2001:db8::8a2e:370:7334"),
    ("MAC_ADDRESS", "00-00-5E-00-53-AF"),
    ("UUID", "123e4567-e89b-12d3-a456-426614174000"),
    ("ID_NUMBER", "C-204417/B"),
    ("LONG_NUMBER", "48291044173290"),
    ("SECRET_PASSWORD", "Winter-2024!"),
    ("SECRET_TOKEN", "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"),
    ("SECRET_KEY", "AKIAIOSFODNN7EXAMPLE"),
    ("SECRET_CONNECTION", "postgres://report:s3cr3t@db.example.internal/claims"),
]
SEEDS = range(12)


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_surrogate_shares_no_run_of_characters_with_any_value(number: int) -> None:
    entity, value = VALUES[number]
    every = [one for _, one in VALUES]
    for seed in SEEDS:
        made = Surrogates(every, chance=random.Random(seed)).of(entity, value)
        assert made and made != value
        assert not shared_runs(made, every)
        assert not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", made, re.IGNORECASE)


def test_surrogate_of_a_name_shares_no_word_with_any_value() -> None:
    people = zip(GIVEN_NAMES[:40], SURNAMES[:40], strict=True)
    values = [
        *(("PERSON", f"{given_name} {surname}") for given_name, surname in people),
        *(("ORGANIZATION", f"{firm} {TRADES[0]} Ltd") for firm in FIRMS[:15]),
        ("LOCATION", PLACES[0]),
    ]
    taken = {word.casefold() for _, value in values for word in value.split()} - {"ltd"}
    for seed in SEEDS:
        surrogates = Surrogates([one for _, one in values], chance=random.Random(seed))
        made = {word for one in values for word in surrogates.of(*one).casefold().split()}
        assert made.isdisjoint(taken)


@given(
    entity=st.sampled_from(sorted(set(ENTITIES) - {"TITLE", "AGE", "SECRET_PRIVATE_KEY"})),
    value=st.text(
        st.characters(min_codepoint=32, max_codepoint=591, exclude_categories=("Cc", "Cn")),
        min_size=RUN,
        max_size=40,
    ).filter(lambda text: sum(char.isalnum() for char in text) >= 4),
    seed=st.integers(0, 99),
)
@settings(max_examples=300, deadline=None)
def test_surrogate_of_any_text_shares_no_run_of_characters(
    entity: str, value: str, seed: int
) -> None:
    made = Surrogates([value], chance=random.Random(seed)).of(entity, value)
    runs = shared_runs(made, [value])
    # runs of signs with few letters, or of one sign only, may stay as they are: they are nobody's
    assert not {run for run in runs if sum(map(str.isalnum, run)) > 3 and len(set(run)) > 1}


def shape_of(text: str) -> str:
    return "".join("9" if c.isdigit() else "A" if c.isalpha() else c for c in text)


@pytest.mark.parametrize(
    "number",
    [
        n
        for n, (entity, _) in enumerate(VALUES)
        if entity
        in ("CREDIT_CARD", "IBAN_CODE", "UK_NHS", "US_SSN", "UK_NINO", "ID_NUMBER", "LONG_NUMBER")
    ],
)
def test_surrogate_of_a_number_has_its_shape(number: int) -> None:
    entity, value = VALUES[number]
    for seed in SEEDS:
        made = Surrogates([value], chance=random.Random(seed)).of(entity, value)
        assert shape_of(made) == shape_of(value)


def digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def test_surrogate_check_digits_are_valid() -> None:
    for seed in SEEDS:
        made = {
            entity: Surrogates([value], chance=random.Random(seed)).of(entity, value)
            for entity, value in VALUES
        }
        assert luhn_sum(digits(made["CREDIT_CARD"])) % 10 == 0
        iban = made["IBAN_CODE"].replace(" ", "")
        assert int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1
        nhs = [int(c) for c in digits(made["UK_NHS"])]
        assert sum(n * (10 - place) for place, n in enumerate(nhs)) % 11 == 0
        dea = [int(c) for c in digits(made["MEDICAL_LICENSE"])]
        assert (sum(dea[0:6:2]) + 2 * sum(dea[1:6:2])) % 10 == dea[6]
        assert made["US_SSN"] >= "900"


def test_surrogate_names_keep_their_case_and_stay_one_person() -> None:
    values = ["Anna Novak", "NOVAK", "novak", "anna.novak@example.com"]
    made = Surrogates(values, chance=random.Random(1))
    given_name, surname = made.of("PERSON", "Anna Novak").split()
    assert given_name.istitle() and surname.istitle()
    assert made.of("PERSON", "NOVAK") == surname.upper()
    assert made.of("PERSON", "novak") == surname.lower()
    local = made.of("EMAIL_ADDRESS", "anna.novak@example.com").split("@")[0]
    assert local == f"{given_name}.{surname}".lower()


# -- whole passages ----------------------------------------------------------------------


@dataclass
class Knowing:
    """A redactor that finds what a table says, and things of the same entity in new texts."""

    known: dict[str, str]
    findings: list[Finding] = field(default_factory=list)

    @property
    def text(self) -> str:
        return ""

    def redact_text(self, text: str, *, pseudonyms: Any, field: str = "body") -> Knowing:
        found = [
            Finding(entity, match.start(), match.end(), 0.9, "table", "pseudonymise")
            for value, entity in self.known.items()
            for match in re.finditer(re.escape(value), text)
        ]
        return Knowing(self.known, sorted(found, key=lambda one: one.start))


PASSAGE = """\
Dear Anna Novak,

the account GB82 WEST 1234 5698 7654 32 is closed. See [annex 1].
Ms Novakova of Logistics called; Halden Logistics Limited pays.

  c/o Halden
"""
KNOWN = {
    "Anna Novak": "PERSON",
    "GB82 WEST 1234 5698 7654 32": "IBAN_CODE",
    "Halden Logistics Limited": "ORGANIZATION",
}


@pytest.mark.parametrize("seed", SEEDS)
def test_capture_passage_holds_nothing_of_its_values(seed: int, tmp_path: Path) -> None:
    captured = capture(Knowing(KNOWN), PASSAGE, pseudonyms=None, chance=random.Random(seed))
    assert shared_runs(captured.text, list(KNOWN)) == set()
    assert not any(value in captured.text for value in KNOWN)
    (tmp_path / "mine.yaml").write_text(
        "format: 1\nname: mine\nrules: [{entity: PERSON, action: mask}]\n", "utf-8"
    )
    path = tmp_path / "mine.test.yaml"
    append_case(path, captured, policy="mine", folders=())
    (case,) = load_cases(path).cases
    (text,) = case.texts
    assert [mark.entity for mark in text.marks] == ["PERSON", "IBAN_CODE", "ORGANIZATION"]
    assert text.text.count("\n") == PASSAGE.count("\n")
    assert "[annex 1]" in text.text and "is closed. See" in text.text


TEXTS = ["one line", "two\nlines", "two\nlines\n", "ends  \nwith space", " begins\nwith one",
         "tab\there\nx", "\n\nleading", "trailing\n\n\n", "colon: # hash\n- item", "\x07 bell\nx",
         "[bracket](PERSON)\n'quotes' \"both\"", "nbsp\u00a0\nx"]  # fmt: skip


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_capture_yaml_keeps_every_character(number: int, tmp_path: Path) -> None:
    known = {"Anna": "PERSON"}
    passage = f"{TEXTS[number]} Anna {TEXTS[number]}"
    captured = capture(Knowing(known), passage, pseudonyms=None, chance=random.Random(1))
    (tmp_path / "mine.yaml").write_text(
        "format: 1\nname: mine\nrules: [{entity: PERSON, action: mask}]\n", "utf-8"
    )
    path = tmp_path / "mine.test.yaml"
    path.write_text(f"policy: mine.yaml\ncases:\n{case_yaml(captured)}", "utf-8")
    (text,) = load_cases(path).cases[0].texts
    (mark,) = text.marks
    assert text.text[: mark.start] == f"{TEXTS[number]} "
    assert text.text[mark.end :] == f" {TEXTS[number]}"


def test_capture_nothing_personal_is_refused() -> None:
    with pytest.raises(InputError) as raised:
        capture(Knowing({}), "it rains", pseudonyms=None)
    assert raised.value.code == "capture.nothing"


def test_append_case_after_other_keys_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "format: 1\nname: mine\nrules: [{entity: PERSON, action: mask}]\n", "utf-8"
    )
    path = tmp_path / "mine.test.yaml"
    before = "cases:\n  - {id: a, text: b}\npolicy: mine.yaml\n"
    path.write_text(before, "utf-8")
    captured = capture(Knowing(KNOWN), PASSAGE, pseudonyms=None, id_="mail")
    with pytest.raises(PolicyError) as raised:
        append_case(path, captured, policy="mine", folders=())
    assert raised.value.code == "cases.append"
    assert path.read_text("utf-8") == before


def test_append_case_same_id_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "format: 1\nname: mine\nrules: [{entity: PERSON, action: mask}]\n", "utf-8"
    )
    path = tmp_path / "mine.test.yaml"
    captured = capture(Knowing(KNOWN), PASSAGE, pseudonyms=None, id_="mail")
    append_case(path, captured, policy="mine", folders=())
    with pytest.raises(PolicyError) as raised:
        append_case(path, captured, policy="mine", folders=())
    assert raised.value.code == "cases.duplicate"


@pytest.mark.parametrize(
    ("entity", "label", "number", "form"),
    [
        ("IBAN_CODE", "IBAN ", "GB82 WEST 1234 5698 7654 32", r"[A-Z]{2}\d\d .+"),
        ("US_SSN", "SSN: ", "987-65-4321", r"9\d\d-\d\d-\d{4}"),
        ("UK_NHS", "NHS no. ", "999 000 1219", r"999 \d{3} \d{4}"),
    ],
)
def test_surrogate_of_a_number_with_its_label_keeps_the_label(
    entity: str, label: str, number: str, form: str
) -> None:
    made = Surrogates([label + number], chance=random.Random(1)).of(entity, label + number)
    assert made.startswith(label) and re.fullmatch(form, made.removeprefix(label))
    assert not shared_runs(made, [number])


def shared_runs(text: str, values: list[str]) -> set[str]:
    """Return the runs of values that a text still holds, without regard to case."""
    folded = text.casefold()
    return {run for value in values for run in runs_of(value.casefold()) if run in folded}


@pytest.mark.parametrize(
    "value", ["Managing Director. Priya Raman Foods Ltd", "Sheriff of Nottingham", "Dr Adler"]
)
def test_surrogate_of_a_title_keeps_no_word_that_may_be_a_name(value: str) -> None:
    made = Surrogates([value], chance=random.Random(3)).of("TITLE", value)
    assert not is_nobodys("TITLE", value)
    assert shared_runs(made, [value]) == set() and "Adler" not in made


@pytest.mark.parametrize("value", ["Mr", "Dr.", "Managing Director", "Head of Human Resources"])
def test_surrogate_of_a_usual_title_is_itself(value: str) -> None:
    assert is_nobodys("TITLE", value)
    assert Surrogates([value]).of("TITLE", value) == value
