"""The arms of a comparison: base model, RAG, adapter, RAG and adapter.

base          the model alone: the question, no passages
rag           the default: the reader's words and quotes, gated (`secure_rag.answering.answer`)
rag-writer    the model writes from the passages in its own words, nothing checked
adapter       as `base`, with the adapter
rag-adapter   as `rag-writer`, with the adapter

All arms share one session: one policy, one vault, one log. Models are loaded one after the other,
and what each adds to the resident memory is taken down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from secure_rag.answering.answer import Generator
from secure_rag.answering.plain import PlainTask, Trained
from secure_rag.evaluation.compare_cases import CompareCase
from secure_rag.evaluation.compare_run import Arm, Said, Written
from secure_rag.pipeline.ask import Asker
from secure_rag.pipeline.plain import PlainAsker
from secure_rag.pipeline.session import Session
from secure_rag.policy.model import Policy
from secure_rag.redaction.pseudonyms import LookupPseudonyms

BASE: Final = "base"
RAG: Final = "rag"
RAG_WRITER: Final = "rag-writer"
ADAPTER: Final = "adapter"
RAG_ADAPTER: Final = "rag-adapter"
ARMS: Final = (BASE, RAG, RAG_WRITER, ADAPTER, RAG_ADAPTER)
"""All arms, the one that needs least first: what a verdict prefers where nothing else speaks."""

WORDS: Final = {
    BASE: "base model alone",
    RAG: "RAG, default answering",
    RAG_WRITER: "RAG, plain writer",
    ADAPTER: "adapter alone",
    RAG_ADAPTER: "RAG + adapter",
}
_PASSAGES: Final = frozenset((RAG, RAG_WRITER, RAG_ADAPTER))
_TRAINED: Final = frozenset((ADAPTER, RAG_ADAPTER))

_PARTS: Final = {
    BASE: ("generator",),
    RAG: ("generator", "reader", "embedder"),
    RAG_WRITER: ("generator",),
    ADAPTER: ("adapter",),
    RAG_ADAPTER: ("adapter",),
}
"""What each arm has in memory beside the detectors."""


class Adapter(Protocol):
    """An adapter that may be served, with what its training cost."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def train_s(self) -> float | None:
        """Seconds of training; None if nobody wrote them down."""
        ...

    @property
    def trained(self) -> Trained:
        """How it was asked in its training."""
        ...

    def load(self) -> Generator:
        """Load the base model with the adapter."""
        ...


def resident_bytes() -> int:
    """Return the resident memory of this process, in bytes; 0 where the system does not say."""
    try:
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS:"):
                return 1024 * int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0


@dataclass
class Parts:
    """The models of a comparison, each loaded once and weighed."""

    session: Session
    policy: Policy
    adapter: Adapter | None = None
    grown: dict[str, int] = field(default_factory=dict)
    """Bytes that each part added to the resident memory."""
    floor: int = 0
    """Bytes before any of them: the program, the detectors."""
    _generators: dict[str, Generator] = field(default_factory=dict)

    def weigh(self, names: tuple[str, ...]) -> None:
        """Load parts and use each once, so that no case pays for the loading."""
        if not self.floor:
            pseudonyms = LookupPseudonyms(self.session.seen_domain)
            redactor = self.session.redactor(self.policy)
            redactor.redact_text(_NEUTRAL, pseudonyms=pseudonyms)
            self.floor = resident_bytes()
        for name in names:
            if name not in self.grown:
                before = resident_bytes()
                self._use(name)
                self.grown[name] = max(0, resident_bytes() - before)

    def generator(self, *, adapted: bool) -> Generator:
        """Return the model, with the adapter or without."""
        name = "adapter" if adapted else "generator"
        if name not in self._generators:
            if adapted:
                assert self.adapter is not None
                self._generators[name] = self.adapter.load()
            else:
                self._generators[name] = self.session.generator()
        return self._generators[name]

    def memory_mib(self, arm: str) -> int:
        """Return the resident memory of the program with the parts of an arm."""
        grown = sum(self.grown.get(part, 0) for part in _PARTS[arm])
        return round((self.floor + grown) / 2**20)

    def _use(self, name: str) -> None:
        if name == "reader":
            from secure_rag.values import Passage

            self.session.reader.read(_NEUTRAL, [Passage(None, "0", _NEUTRAL, 1.0, 0, 1)])
        elif name == "embedder":
            self.session.embedder.embed([_NEUTRAL])
        else:
            model = self.generator(adapted=name == "adapter")
            list(model.generate([{"role": "user", "content": _NEUTRAL}], max_tokens=4))


_NEUTRAL: Final = "The gate opens at nine."


@dataclass(frozen=True)
class _Default:
    """RAG as `ask` does it."""

    parts: Parts
    asker: Asker
    name: str = RAG

    def ask(self, case: CompareCase, on_text: Callable[[str], None]) -> Said:
        generator = self.parts.generator(adapted=False)
        before = getattr(generator, "stats", None)
        answered = self.asker.ask(
            case.case.question.text, passages=case.case.passages, on_text=on_text
        )
        quotes = tuple(one.quote for one in answered.answer.citations if one.verified)
        return Said(answered.answer, quotes, _written(before, generator))


@dataclass(frozen=True)
class _Plain:
    """A model's own words."""

    name: str
    asker: PlainAsker
    generator: Generator

    def ask(self, case: CompareCase, on_text: Callable[[str], None]) -> Said:
        before = getattr(self.generator, "stats", None)
        self.asker.task = PlainTask(case.form, case.keys)
        passages = case.case.passages if self.name in _PASSAGES else ()
        answered = self.asker.ask(case.case.question.text, passages=passages, on_text=on_text)
        sources = tuple(one.text for one in self.asker.found) if self.asker.found else None
        return Said(answered.answer, sources, _written(before, self.generator))


def make_arm(name: str, parts: Parts) -> Arm:
    """Load what an arm needs and return it."""
    adapted = name in _TRAINED
    parts.weigh(_PARTS[name])
    generator = parts.generator(adapted=adapted)
    if name == RAG:
        asker = Asker(parts.session, policy=parts.policy, generator=generator)
        return _Default(parts, asker)
    adapter = parts.adapter if adapted else None
    plain = PlainAsker(
        parts.session,
        policy=parts.policy,
        generator=generator,
        from_passages=name in _PASSAGES,
        trained=adapter.trained if adapter else None,
        adapter_digest=adapter.digest if adapter else "",
    )
    return _Plain(name, plain, generator)


def why_not(name: str, *, adapter: Adapter | None, wants_index: bool) -> str | None:
    """Return why an arm cannot run; None if it can.

    Args:
        wants_index: some cases bring no passages, and there is no index that holds documents.
    """
    if name in _TRAINED and adapter is None:
        return "no adapter"
    if name in _PASSAGES and wants_index:
        return "no index, and some cases bring no passages"
    return None


def _written(before: Any, generator: Generator) -> Written:
    after = getattr(generator, "stats", None)
    if after is None or after is before:
        return Written()
    return Written(after.generated_tokens, after.writing_s)
