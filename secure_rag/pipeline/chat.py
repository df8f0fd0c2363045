"""`chat`: questions that may refer to the ones before.

Every turn is one `ask`, with the same events. What is added:

1. one numbering for the whole chat: `<PERSON_1>` is the same person in every turn;
2. after its redaction a question gets what it refers to (secure_rag.answering.reference);
3. passages of the documents cited last come first where it refers to them;
4. a turn that is stopped with Ctrl-C is on record as refused, `stopped`.

The turns are redacted text, in memory only, and forgotten when the chat ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from secure_rag.answering.prompt import PromptMemory
from secure_rag.answering.reference import TURNS, Reference, Turn, refer
from secure_rag.audit import events
from secure_rag.pipeline.ask import Answered, Asker, OnText, Received
from secure_rag.pipeline.session import Session
from secure_rag.policy.model import Policy
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.values import Answer, Citation, Passage

STOPPED = "stopped"
"""Reason on record when the user stopped an answer."""


@dataclass(frozen=True)
class Replied:
    """An answer in a chat."""

    answered: Answered
    question: str
    """The question, redacted, as it was asked."""
    reference: Reference
    """What it was taken to mean."""


class Chat:
    """One conversation; use it as a context manager, so that it is forgotten at the end."""

    def __init__(self, session: Session, *, policy: Policy | None = None) -> None:
        """Open everything before the first question: a Ctrl-C must not meet half an import.

        Raises:
            IndexMismatchError: the index was made by another embedder or redaction.
        """
        session.check_index()
        self._asker = _ChatAsker(session, policy=policy)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.forget()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Earlier turns, oldest first."""
        return tuple(self._asker.turns)

    @property
    def citations(self) -> Sequence[Citation]:
        """What the last answer rests on."""
        return self._asker.citations

    def ask(self, question: str, *, on_text: OnText | None = None) -> Replied:
        """Answer a question in the light of the turns before."""
        return self._asker.reply(question, on_text)

    def forget(self) -> None:
        """Drop every turn."""
        self._asker.forget()


class _ChatAsker(Asker):
    """Asks with a memory of the turns before."""

    def __init__(self, session: Session, *, policy: Policy | None = None) -> None:
        super().__init__(session, policy=policy, mode="chat")
        self.turns: deque[Turn] = deque(maxlen=TURNS)
        self.citations: Sequence[Citation] = ()
        self._names = LookupPseudonyms(session.seen_domain)
        self._reference = Reference("", "")
        self._asked = ""
        self._open_query: str | None = None

    def forget(self) -> None:
        """Drop every turn, and what the writer's next prompt would repeat of them."""
        self.turns.clear()
        self.citations = ()
        self._memory = PromptMemory()

    def reply(self, question: str, on_text: OnText | None) -> Replied:
        """Answer one turn and remember it."""
        try:
            answered = self.ask(question, on_text=on_text)
        except KeyboardInterrupt:
            self._record_stop()
            raise
        finally:
            self._open_query = None
        answer = answered.answer
        self.citations = answer.citations
        documents = tuple(one.document for one in answer.citations if one.document)
        said = "" if answer.refused else answer.text
        self.turns.append(Turn(self._reference.question, said, documents))
        return Replied(answered, self._asked, self._reference)

    def _record_stop(self) -> None:
        if self._open_query is not None:
            stopped = events.AnswerRefused(
                query_id=self._open_query, reason=STOPPED, adapter_digest=self._adapter
            )
            self._session.record(stopped)

    def _conclude(self, query: str, result: Answer) -> Answered:
        self._open_query = None  # from here on the answer itself is on record
        return super()._conclude(query, result)

    def _sealed(self, query: str, part: str, text: str) -> list[events.Event]:
        if part == "question":
            self._open_query = query  # its receipt is recorded together with this
        return super()._sealed(query, part, text)

    def _pseudonyms(self) -> LookupPseudonyms:
        return self._names

    def _receive(
        self, query: str, question: str, mode: str, pseudonyms: LookupPseudonyms
    ) -> Received:
        """Redact the question, and return what it means after the turns before."""
        received = super()._receive(query, question, mode, pseudonyms)
        self._asked = received.question
        count = self._session.embedder.count_tokens
        self._reference = refer(self._asked, self.turns, count_tokens=count)
        return replace(received, question=self._reference.question)

    def _retrieve(self, query: str, received: Received, limit: int | None) -> list[Passage]:
        searched = replace(received, question=self._reference.search)
        found = super()._retrieve(query, searched, limit)
        meant = self._reference.documents
        return sorted(found, key=lambda one: one.document not in meant) if meant else found
