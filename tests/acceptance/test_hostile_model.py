"""A hostile writer, a hostile reader and a hostile model file, through the whole answer path.

What is proved is that the model never gets a value (P5): its prompts hold none. Beyond that, a
writer who knew values from elsewhere gets none shown in forty disguises, because a sentence is
shown only if it is made of the quotes' words and characters. What no check can see is said in
docs/explanation/threat-model.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from secure_rag.answering.reader import Reading, Span
from secure_rag.isolation import unenforced
from secure_rag.pipeline.ask import Answered, Asker
from secure_rag.pipeline.session import open_session
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.values import Passage
from secure_rag.vault.placeholders import PLACEHOLDER, find_placeholders, new_placeholder
from secure_rag.workspace import Workspace
from tests.assets.disguises import DISGUISES, shown_ways
from tests.conftest import Sandbox, make_sandbox

NAME, MAIL = "Quentin Osgood", "zqhostile@nest.example"
LEASE = (
    f"The lease of the depot was signed by {NAME} for the tenant. "
    f"{NAME} may end the lease of the depot with 45 days of notice. "
    f"Letters about it go to {MAIL} by mail."
)
OTHER = "The boiler of the Leeds office was repaired by Chidi Okonkwo in the spring for 900 euros."
QUESTION = "With how many days of notice may the lease of the depot be ended?"
SAID = "Person A may end it with 45 days of notice{}."
SETTINGS = '\n[answering]\nwriter = "free"\nthreads = 1\nevidence_threshold = 0.0\n'


@dataclass
class Writer:
    """Says what it is told to; keeps every prompt."""

    text: str = ""
    prompts: list[str] = field(default_factory=list)

    def generate(
        self, messages: Sequence[dict[str, str]], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        self.prompts.append("\n".join(message["content"] for message in messages))
        yield from self.text

    def count_tokens(self, text: str) -> int:
        return len(text.split())


@dataclass
class Reader:
    """Answers with spans that are no spans."""

    spans: Sequence[Span]
    answerable: float = 9.0
    digest: str = "0" * 64
    seen: list[str] = field(default_factory=list)

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        self.seen += [question, *(passage.text for passage in passages)]
        return [Reading(tuple(self.spans), self.answerable) for _ in passages]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A workspace with two documents; the writer is free, the evidence gate open."""
    home = tmp_path_factory.mktemp("house")
    made = make_sandbox(home / "sandbox")
    settings = made.workspace / "secure-rag.toml"
    settings.write_text(settings.read_text("utf-8") + SETTINGS, "utf-8")
    documents = home / "documents"
    documents.mkdir()
    (documents / "lease.txt").write_text(LEASE)
    (documents / "boiler.txt").write_text(OTHER)
    made.ok("index", "add", documents)
    return made


@pytest.fixture(scope="module")
def asker(house: Sandbox) -> Iterator[Asker]:
    """The real pipeline: redaction, vault, index, output gate; writer and reader are put in."""
    with open_asker(house) as opened:
        yield opened


@contextmanager
def open_asker(house: Sandbox) -> Iterator[Asker]:
    with open_session(
        Workspace(house.workspace),
        command="test",
        collection="default",
        evidence=unenforced(),
        key_file=house.key_file,
    ) as session:
        session.generator = Writer  # type: ignore[method-assign]
        yield Asker(session)
        session.store.close()


def asked(asker: Asker, text: str, reader: Reader | None = None) -> tuple[Answered, Writer]:
    """Ask with a writer that says this text."""
    writer = Writer(text)
    asker.__dict__["_generator"] = writer
    kept = asker._reading
    if reader is not None:
        asker._reading = None
        asker._session.__dict__["reader"] = reader
    try:
        return asker.ask(QUESTION), writer
    finally:
        asker._reading = kept
        asker._session.__dict__.pop("reader", None)


def sentences(value: str) -> str:
    """Put a value, in every disguise, into sentences that the quotes bear out otherwise."""
    pieces = []
    for way in DISGUISES.values():
        written = way(value)
        pieces += [
            f"Person A may end it with 45 days of notice {written}.",
            f"Person A {written} may end it with 45 days of notice.",
            f"{written} Person A may end it with 45 days of notice.",
        ]
    return "\n".join(pieces)


def test_control_plain_sentence_of_the_quotes_is_shown(asker: Asker) -> None:
    answered, writer = asked(asker, SAID.format(""))
    assert "> may end it with 45 days of notice. [1]" in answered.answer.text
    assert len(writer.prompts) == 1 and "45 days" in writer.prompts[0]


@pytest.mark.parametrize("value", [NAME, MAIL], ids=["name", "mail"])
def test_writer_that_knows_a_value_gets_it_shown_in_no_disguise(asker: Asker, value: str) -> None:
    assert len(DISGUISES) >= 40
    answered, writer = asked(asker, sentences(value))
    assert shown_ways(writer.text, value), "the control: the disguises are seen"
    answer = answered.answer
    assert shown_ways(answer.text, value) == []
    assert shown_ways("\n".join(writer.prompts), value) == []


@pytest.mark.parametrize("way", DISGUISES)
def test_writer_sentence_with_a_disguised_value_is_dropped_whole(asker: Asker, way: str) -> None:
    """Not the value alone is missing: of a sentence with it nothing is shown."""
    written = DISGUISES[way](MAIL)
    said = SAID.format(f" {written}")
    answer = asked(asker, said)[0].answer
    assert not answer.refused and answer.dropped_sentences >= 1
    assert "\n\n" not in answer.text


def placeholder_of(asker: Asker, value: str) -> str:
    """Return a placeholder that the vault has issued."""
    redacted = asker._redactor.redact_text(
        f"Ask {value} about it.",
        pseudonyms=LookupPseudonyms(asker._session.domain),
        is_issued=asker._session.domain.is_issued,
    ).text
    return next(found for *_, found in find_placeholders(redacted))


def test_writer_placeholders_that_no_quote_holds_are_not_shown(asker: Asker) -> None:
    """Forged ones, disguised ones, and one that is real and stands in another document."""
    elsewhere = placeholder_of(asker, "Chidi Okonkwo")
    ours = placeholder_of(asker, NAME)
    assert asker._session.domain.is_issued(elsewhere) and elsewhere != ours
    forged = [new_placeholder("PERSON") for _ in range(20)]
    names = [elsewhere, *forged, "Person B", "Person Z", "<PERSON_1>", ours.lower(), ours[1:-1]]
    names += [way(one) for way in DISGUISES.values() for one in (ours, elsewhere)]
    forms = ("{} may end it with 45 days of notice.", "Person A, {}, may end it with notice.")
    lines = [form.format(name) for name in names for form in forms]
    answer = asked(asker, "\n".join(lines))[0].answer
    assert answer.dropped_sentences > 100
    standing = [found for *_, found in find_placeholders(answer.text)]
    assert set(standing) <= {ours}
    assert elsewhere[8:-1] not in answer.text
    assert not any(one in answer.text for one in forged)


DRIVING = {
    "colour": "\x1b[31m{}\x1b[0m",
    "title": "\x1b]0;owned\x07{}",
    "clear": "\x1b[2J\x1b[H{}",
    "link": "\x1b]8;;https://x.example\x1b\\{}\x1b]8;;\x1b\\",
    "C1": "\x9b31m{}",
    "bidi": "\u202e{}\u202c",
    "isolates": "\u2066{}\u2069",
    "carriage return": "{}\rOwned",
    "backspaces": "{}\b\b\b\b",
    "markdown": "[{}](https://x.example)",
    "reference": "[{}][1]\n\n[1]: https://x.example",
    "automatic link": "<https://x.example> {}",
    "picture": "![]( https://x.example/p.png) {}",
    "script": "<script>alert(1)</script>{}",
    "data": "data:text/html;base64,PGI+ {}",
    "marker": "{} [9][10] 【3】",
    "fence": "```\n{}\n```",
    "tool call": '{{"tool": "reveal", "arguments": ["{}"]}}',
}
LIVE = re.compile(r"[a-z]+://|www\.|\]\(|\]\[[^\d]|<[a-z/!]|mailto:|javascript:|data:", re.I)


@pytest.mark.parametrize("how", DRIVING)
def test_writer_drives_no_terminal_and_no_page(asker: Asker, how: str) -> None:
    answer = asked(asker, DRIVING[how].format(SAID.format("")))[0].answer
    assert not answer.refused
    assert answer.text.replace("\n", "").isprintable()
    assert not LIVE.search(PLACEHOLDER.sub("", answer.text))
    markers = {int(number) for number in re.findall(r"\[(\d+)\]", answer.text)}
    assert markers <= {one.marker for one in answer.citations}
    assert "Owned" not in answer.text and "reveal" not in answer.text


NAN, INF = math.nan, math.inf
SPANS = {
    "none": [],
    "before": [Span(-9, 5, 9.0, 0.9)],
    "beyond": [Span(3, 10**6, 9.0, 0.9)],
    "backwards": [Span(30, 10, 9.0, 0.9)],
    "empty": [Span(7, 7, 9.0, 0.9)],
    "huge": [Span(10**12, 10**12 + 1, 9.0, 0.9)],
    "not a number": [Span(0, 5, NAN, NAN)],
    "infinite": [Span(0, 5, INF, INF), Span(6, 9, -INF, -INF)],
    "through a placeholder": [Span(at, at + 3, 9.0, 0.9) for at in range(40, 60, 3)],
    "thousands": [Span(at % 90, at % 90 + 4, 9.0, 0.9) for at in range(3000)],
}


@pytest.mark.parametrize("case", SPANS)
@pytest.mark.parametrize("answerable", [9.0, NAN, INF, -INF])
def test_reader_that_lies_gives_verified_quotes_or_a_refusal(
    asker: Asker, case: str, answerable: float
) -> None:
    reader = Reader(SPANS[case], answerable)
    answer = asked(asker, "", reader)[0].answer
    assert reader.seen and shown_ways("\n".join(reader.seen), NAME) == []
    documents = {one.document for one in asker._session.store.documents()}
    for one in answer.citations:
        assert one.verified and one.document in documents
        stored = asker._read_document(one.document or "")
        assert stored is not None and stored[one.start : one.end] == one.quote
        if one.answer:
            assert stored[one.answer_start :].startswith(one.answer)
    assert answer.refused or answer.citations
