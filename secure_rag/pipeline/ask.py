"""`search`, `ask` and `chat`: one question, from its redaction to a gated answer.

Order of one question (DESIGN.md section 6):

1. redact the question with the same policy; what the vault knows is looked up word by
   word, placeholders are never issued;
2. `query.received` is durable;
3. retrieve passages, or redact those that were given;
4. `passages.retrieved` is durable: nothing is shown before it;
5. the reader, the evidence gate, the quotes, the writer, the citation check, the output gate
   (secure_rag.answering.answer);
6. `answer.given` or `answer.refused` is durable, then the answer is returned; what a
   terminal shows earlier, piece by piece, comes after `answer.started`.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from secure_rag.answering.answer import Generator, LazyGenerator, answer
from secure_rag.answering.prompt import PromptMemory
from secure_rag.answering.reader import Reader
from secure_rag.audit import events
from secure_rag.audit.log_events import PayloadSealed
from secure_rag.audit.payload import parse_reviewer
from secure_rag.pipeline.session import Session
from secure_rag.policy.model import Policy
from secure_rag.redaction.known import KnownValues
from secure_rag.redaction.meant import find_meant
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.setup import load_names_model
from secure_rag.retrieval.search import search
from secure_rag.values import Answer, Passage, count_entities
from secure_rag.vault.placeholders import find_placeholders

if TYPE_CHECKING:
    from secure_rag.redaction.engine import RedactedText

_log = logging.getLogger(__name__)

OnText = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """The passages of a search, with the redacted question they were found for."""

    question: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Received:
    """A question as it is searched for and answered: redacted."""

    question: str
    redacted: RedactedText = field(repr=False)
    """What was redacted; `question` may say more, in the light of a chat's turns before."""
    asked: str = field(repr=False)
    """As it was asked; for what its names may mean to a search, and nothing else."""


@dataclass(frozen=True)
class Answered:
    """An answer and what other programs need to refer to it."""

    answer: Answer
    model_digest: str
    adapter_digest: str
    """Empty without an adapter."""
    reader_digest: str
    policy_digest: str
    audit_seq: int


class Asker:
    """Answers questions in one session; models load once and stay."""

    def __init__(
        self,
        session: Session,
        *,
        policy: Policy | None = None,
        mode: str = "ask",
        generator: Generator | None = None,
    ) -> None:
        """Open what every question needs.

        Args:
            mode: `ask`, `chat`, `compare` or `search`; a search never writes, so it loads no
                writer.
            generator: the writer, where it is loaded already.
        """
        self._session = session
        self._mode = mode
        self._policy = policy or session.policy
        self._reading: Future[Reader] | None = None
        self._loading: Future[Generator] | None = None
        self._loaded = generator
        self._writes = mode in ("ask", "chat")
        # an adapter that may not be served stops here, before a question is taken
        self._adapter = session.adapter_digest if self._writes else ""
        self._loader = ThreadPoolExecutor(1)
        self._load_models()
        # kept in memory alone, so that a follow-up computes only what is new
        self._memory = PromptMemory() if mode == "chat" else None
        redactor = session.redactor(self._policy)
        self._redactor = redactor.beside(KnownValues(session.seen_domain))
        self._gate = redactor.beside(KnownValues(session.seen_domain, strict=True))

    def _load_models(self) -> None:
        """Begin to load what questions need, in the order in which they need it.

        Most of it is hashing and mapping files, which a second core does while this one
        compiles patterns.
        """
        session = self._session
        if session.names_model is None:
            session.names_model = self._loader.submit(load_names_model, session.models).result
        self._embedding = self._loader.submit(lambda: session.embedder)
        if self._writes:
            self._reading = self._loader.submit(lambda: session.reader)
        is_free = self._writes and session.settings.answering.writer == "free"
        if self._loaded is None and (self._mode == "chat" or is_free):
            # while the user types, or while the reader reads: a free answer begins with its words
            self._loading = self._loader.submit(session.generator)

    def search(self, question: str, *, limit: int | None = None) -> Found:
        """Return the passages that a question would retrieve; no writer is involved.

        Raises:
            IndexMismatchError: the index was made by another embedder or redaction.
        """
        query = secrets.token_hex(8)
        received = self._receive(query, question, "search", self._pseudonyms())
        passages = self._retrieve(query, received, limit)
        return Found(received.question, tuple(passages))

    def ask(
        self,
        question: str,
        *,
        passages: Sequence[str] | None = None,
        on_text: OnText | None = None,
    ) -> Answered:
        """Answer a question from the index, or from given passages, or refuse."""
        clock = time.perf_counter()
        query = secrets.token_hex(8)
        # one numbering for question and passages: <PERSON_1> is the same person in both
        pseudonyms = self._pseudonyms()
        received = self._receive(query, question, self._mode, pseudonyms)
        if passages is None:
            found = self._retrieve(query, received, None)
        else:
            found = self._given(query, passages, pseudonyms)
        retrieved_s = time.perf_counter() - clock
        result = self._answer(query, received.question, found, on_text)
        result = replace(result, timings={"retrieve_s": retrieved_s, **result.timings})
        return self._conclude(query, result)

    def _answer(
        self, query: str, question: str, passages: Sequence[Passage], on_text: OnText | None
    ) -> Answer:
        """Answer a redacted question from redacted passages, or refuse."""
        return answer(
            question,
            passages,
            reader=self._reader,
            generator=self._generator,
            embed=self._embedding.result().embed,
            settings=self._session.settings.answering,
            check_output=self._passes_gate,
            on_text=self._announced(query, on_text) if on_text else None,
            read_document=self._read_document,
            memory=self._memory,
        )

    @property
    def _reader(self) -> Reader:
        """The reader; every question needs it, so a missing one stops the first."""
        return self._reading.result() if self._reading else self._session.reader

    @property
    def _reader_digest(self) -> str:
        return self._reader.digest

    @cached_property
    def _generator(self) -> Generator:
        """The writer, loaded when it is first asked: no quote waits for it.

        Many answers need none, and their file is hashed before they are on record.
        """
        if self._loaded is not None:
            return self._loaded
        loading = self._loading
        return LazyGenerator(loading.result if loading else self._session.generator)

    def _announced(self, query: str, on_text: OnText) -> OnText:
        """Return `on_text` with `answer.started` on record before its first call."""
        announced = False

        def show(piece: str) -> None:
            nonlocal announced
            if not announced:
                started = events.AnswerStarted(query_id=query, adapter_digest=self._adapter)
                self._session.record(started)
                announced = True
            on_text(piece)

        return show

    def _read_document(self, document: str) -> str | None:
        found = self._session.seen.document(document)
        return found.text if found else None

    def _pseudonyms(self) -> LookupPseudonyms:
        return LookupPseudonyms(self._session.seen_domain)

    def _receive(
        self, query: str, question: str, mode: str, pseudonyms: LookupPseudonyms
    ) -> Received:
        redacted = self._redactor.redact_text(
            question,
            pseudonyms=pseudonyms,
            is_issued=self._session.seen_domain.is_issued,
        )
        received = events.QueryReceived(
            query_id=query,
            question_digest=self._keyed("question", redacted.text),
            entities=count_entities(redacted.findings),
            policy_digest=self._policy.digest,
            collection=self._session.collection,
            mode=mode,
            adapter_digest=self._adapter,
        )
        self._session.record_all([received, *self._sealed(query, "question", redacted.text)])
        return Received(redacted.text, redacted, question)

    def _retrieve(self, query: str, received: Received, limit: int | None) -> list[Passage]:
        session = self._session
        session.check_index()
        settings = session.settings.retrieval
        passages = search(
            session.seen,
            self._embedding.result(),
            received.question,
            mode=settings.mode,
            limit=limit or settings.passages,
            candidates=settings.candidates,
            reranker=session.reranker,
            meant=find_meant(received.asked, received.redacted, session.seen_domain),
        )
        self._record_passages(query, passages, settings.mode)
        return passages

    def _given(
        self, query: str, texts: Sequence[str], pseudonyms: LookupPseudonyms
    ) -> list[Passage]:
        """Redact given passages; their number, from 0, is their chunk."""
        passages = []
        for number, text in enumerate(texts):
            redacted = self._redactor.redact_text(text, pseudonyms=pseudonyms).text
            passages.append(Passage(None, str(number), redacted, 1.0, 0, len(redacted)))
        self._record_passages(query, passages, "given")
        return passages

    def _record_passages(self, query: str, passages: Sequence[Passage], mode: str) -> None:
        self._session.record(
            events.PassagesRetrieved(
                query_id=query,
                chunks=[passage.chunk for passage in passages],
                documents=sorted({p.document for p in passages if p.document}),
                mode=mode,
                adapter_digest=self._adapter,
            )
        )

    def _passes_gate(self, text: str) -> bool:
        """Look at an answer as the gate looks at a document, and look its words up in the vault."""
        issued = [found for *_, found in find_placeholders(text)]
        if not all(self._session.seen_domain.is_issued(placeholder) for placeholder in issued):
            return False
        return not self._gate.residual(text)

    def _conclude(self, query: str, result: Answer) -> Answered:
        generator_digest = self._session.generator_digest
        _log.info(
            "query %s: %s, %d citations, %s",
            query,
            result.reason or "answered",
            len(result.citations),
            ", ".join(f"{stage} {spent:.2f}" for stage, spent in result.timings.items()),
        )
        if result.refused:
            event: events.Event = events.AnswerRefused(
                query_id=query, reason=result.reason or "", adapter_digest=self._adapter
            )
        else:
            self._session.record_all(self._sealed(query, "answer", result.text))
            event = events.AnswerGiven(
                query_id=query,
                answer_digest=self._keyed("answer", result.text),
                chunks=[citation.chunk for citation in result.citations],
                documents=sorted({c.document for c in result.citations if c.document}),
                dropped_citations=result.dropped_citations,
                generator_digest=generator_digest,
                adapter_digest=self._adapter,
                reader_digest=self._reader_digest,
            )
        seq = self._session.record(event)
        return Answered(
            answer=result,
            model_digest=generator_digest,
            adapter_digest=self._adapter,
            reader_digest=self._reader_digest,
            policy_digest=self._policy.digest,
            audit_seq=seq,
        )

    def _sealed(self, query: str, part: str, text: str) -> list[events.Event]:
        """Return the event that holds a text for the reviewer, where the settings name one."""
        if not self._session.settings.audit.reviewer_key:
            return []
        key = parse_reviewer(self._session.settings.audit.reviewer_key)
        payload = key.seal(text, query=query, part=part)
        return [PayloadSealed(query_id=query, part=part, reviewer=key.key_id, payload=payload)]

    def _keyed(self, purpose: str, text: str) -> str:
        return self._session.seen_domain.digest(purpose, text.encode("utf-8"))
