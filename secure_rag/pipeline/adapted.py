"""`eval compare`: an adapter beside the plain generator of the same session."""

from __future__ import annotations

from dataclasses import dataclass

from secure_rag.answering.answer import Generator
from secure_rag.answering.plain import Trained
from secure_rag.answering.prompt import RULES
from secure_rag.audit import events
from secure_rag.pipeline.session import Session
from secure_rag.runtime.adapters import LocatedAdapter, open_adapter


@dataclass(frozen=True)
class Adapted:
    """An adapter that was checked, not loaded yet."""

    located: LocatedAdapter
    session: Session

    @property
    def name(self) -> str:
        return self.located.name

    @property
    def digest(self) -> str:
        """What events record."""
        return self.located.digest

    @property
    def train_s(self) -> float:
        """Seconds of training."""
        return self.located.record.train_s

    @property
    def trained(self) -> Trained:
        """How it was asked in its training: the writer's prompt, or its own instruction."""
        record = self.located.record
        if record.kind == "grounded-qa":
            return Trained(RULES)
        return Trained(record.instruction, is_bare=True)

    def load(self) -> Generator:
        """Load the generator with the adapter: a second one, beside the plain one."""
        from secure_rag.runtime.llama import LlamaGenerator

        settings = self.session.settings
        return LlamaGenerator(
            self.session.models.locate("generator", settings.generator),
            context_tokens=settings.answering.context_tokens,
            threads=settings.answering.threads,
            adapter=self.located,
        )


def adapted(session: Session, name: str, *, unsafe: bool) -> Adapted:
    """Check an adapter of any kind; one that should not be served is on record first.

    Raises:
        ArtifactError: missing, changed, or trained on other weights.
        AdapterRefusedError: its canaries came out, or it must be trained again.
    """
    base = session.models.locate("generator", session.settings.generator)
    found = open_adapter(session.models, name, base, unsafe=unsafe)
    if not found.is_servable:
        session.record(events.UnsafeUsed(option=f"adapter {name}"))
    return Adapted(found, session)
