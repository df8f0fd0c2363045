"""`eval compare`: a question answered in the model's own words, from passages or from none.

The order is that of `ask` (`secure_rag.pipeline.ask`), with the same redaction and the same events;
step 5 is the model alone (`secure_rag.answering.plain`). There is no evidence gate and no output
gate: an answer is measured, and never shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from secure_rag.answering.answer import Generator
from secure_rag.answering.plain import PlainTask, Trained, plain_answer
from secure_rag.pipeline.ask import Asker, OnText, Received
from secure_rag.pipeline.session import Session
from secure_rag.policy.model import Policy
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.values import Answer, Passage


class PlainAsker(Asker):
    """Lets the model of one session answer."""

    def __init__(
        self,
        session: Session,
        *,
        generator: Generator,
        policy: Policy | None = None,
        from_passages: bool = True,
        trained: Trained | None = None,
        adapter_digest: str = "",
    ) -> None:
        """Open what every question needs.

        Args:
            generator: the model that answers.
            from_passages: False asks the model alone, whatever passages there are.
            trained: how the model was asked in its training, if it has an adapter.
            adapter_digest: of that adapter, for the events.
        """
        super().__init__(session, policy=policy, mode="compare", generator=generator)
        self._from_passages = from_passages
        self._trained = trained
        self._adapter = adapter_digest
        self.task = PlainTask()
        """What the next question asks for."""
        self.found: Sequence[Passage] = ()
        """The passages, redacted, that the last answer was written from."""

    @property
    def _reader_digest(self) -> str:
        return ""  # nothing reads

    def _retrieve(self, query: str, received: Received, limit: int | None) -> list[Passage]:
        if not self._from_passages:
            return []
        return super()._retrieve(query, received, limit)

    def _given(
        self, query: str, texts: Sequence[str], pseudonyms: LookupPseudonyms
    ) -> list[Passage]:
        if not self._from_passages:
            return []
        return super()._given(query, texts, pseudonyms)

    def _answer(
        self, query: str, question: str, passages: Sequence[Passage], on_text: OnText | None
    ) -> Answer:
        self.found = passages
        return plain_answer(
            question,
            passages if self._from_passages else None,
            self._generator,
            task=self.task,
            context_tokens=self._session.settings.answering.context_tokens,
            trained=self._trained,
            on_text=on_text,
        )
