"""Whole documents in, redacted documents out.

1. Look-alikes of placeholders are escaped; the text is normalised for detection.
2. Detectors run over the whole text, every field of it.
3. Thresholds, fields and overlaps are resolved by the policy.
4. What was found is looked for in the rest of the document.
5. The gate looks at the result; what it sees is added, at most twice. Until then
   placeholders are provisional: a document that fails leaves nothing in the vault.
6. Mentions become entities, entities get placeholders, spans are replaced. What looks
   like a placeholder only now, because something was dropped from it, is escaped too.

A detector that fails, fails the document: nothing is ever skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final

from secure_rag.errors import DocumentError, ResidualFindingError, SecureRagError
from secure_rag.policy.model import Policy
from secure_rag.redaction.deadline import OutOfTimeError, processor_time
from secure_rag.redaction.fields import BODY, Fields
from secure_rag.redaction.gate import look_again
from secure_rag.redaction.generalise import generalise
from secure_rag.redaction.intervals import Interval, is_inside, outside
from secure_rag.redaction.language import check_language
from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.offsets import OffsetMap
from secure_rag.redaction.propagate import Found, Propagator
from secure_rag.redaction.pseudonyms import ProvisionalPseudonyms, Pseudonyms
from secure_rag.redaction.remembered import RememberedDetector
from secure_rag.redaction.replacement import carry_out, finding_of
from secure_rag.redaction.resolve import Resolved, resolve
from secure_rag.redaction.spans import Detector, Span
from secure_rag.values import Block, Finding, RawDocument, RedactedDocument
from secure_rag.vault.placeholders import escape_lookalikes, find_placeholders

EXTRA_ROUNDS: Final = 2
"""How often the gate may send a document back."""
DETECTOR_S: Final = 20.0
"""Processor time that a detector has for any text, and more per code point: a hundred
times what ours take. One that needs longer fails the document."""
CHEAP_S: Final = 0.0005
COSTLY_S: Final = 0.005


@dataclass(frozen=True)
class RedactedText:
    """A text with personal data replaced, and what was found in the input."""

    text: str
    findings: tuple[Finding, ...]
    """Offsets point into the input text; sorted, not overlapping; kept ones included."""
    moved: OffsetMap = field(default=OffsetMap(()), repr=False, compare=False)
    """Where each offset of the input is now."""


@dataclass(frozen=True)
class _Draft:
    """A text on its way: what is done about it, and whether the gate is content."""

    text: str = field(repr=False)
    resolved: tuple[Resolved, ...]
    is_clean: bool
    left: tuple[Interval, ...] = ()
    """Where the text holds placeholders that stay."""


class Redactor:
    """One policy with the detectors it needs. Not shared between threads."""

    def __init__(
        self,
        policy: Policy,
        detectors: Sequence[Detector],
        *,
        redaction_digest: str,
        detector_s: float = DETECTOR_S,
    ) -> None:
        """Use `secure_rag.redaction.setup.build_redactor`; tests bring their own detectors."""
        self.policy = policy
        self.redaction_digest = redaction_digest
        self._detectors = tuple(detectors)
        self._detector_s = detector_s

    @property
    def finds_nothing(self) -> bool:
        """Whether it has no detectors: it then only escapes look-alikes."""
        return not self._detectors

    def under(self, policy: Policy) -> Redactor:
        """Return a redactor with the same detectors under another policy, to compare both."""
        return Redactor(policy, self._detectors, redaction_digest=self.redaction_digest)

    def remembering(self) -> Redactor:
        """Return a redactor whose detectors look at each text once: for batches."""
        return Redactor(
            self.policy,
            [RememberedDetector(detector) for detector in self._detectors],
            redaction_digest=self.redaction_digest,
            detector_s=self._detector_s,
        )

    def beside(self, detector: Detector) -> Redactor:
        """Return a redactor that runs one more detector under the same policy."""
        return Redactor(
            self.policy,
            (*self._detectors, detector),
            redaction_digest=self.redaction_digest,
            detector_s=self._detector_s,
        )

    def redact_document(
        self, document: RawDocument, *, document_id: str, pseudonyms: Pseudonyms
    ) -> RedactedDocument:
        """Redact every field of a document, and look at the result again.

        Raises:
            DocumentError: another language (`document.language`), a detector failed
                (`document.detector`), or the policy puts such documents aside
                (`document.policy`).
            ResidualFindingError: something is still seen after two more rounds.
        """
        body = "\n".join(document.text[b.start : b.end] for b in document.blocks if b.field == BODY)
        check_language(body, self.policy.language)
        draft = self._draft(document.text, document.blocks)
        self._put_aside(document, draft)
        if not draft.is_clean:
            raise ResidualFindingError(
                "the gate still sees personal data after two more rounds of redaction",
                hint="see what `secure-rag redact` makes of it, then add a rule",
            )
        text, findings, moved = self._finish(draft, pseudonyms)
        blocks = moved.blocks(document.blocks)
        return RedactedDocument(
            document=document_id,
            path=_shown_path(text, blocks) or document_id,
            media_type=document.media_type,
            text=text,
            blocks=blocks,
            findings=findings,
            policy_digest=self.policy.digest,
            redaction_digest=self.redaction_digest,
            flags=document.flags,
        )

    def redact_text(
        self,
        text: str,
        *,
        pseudonyms: Pseudonyms,
        field: str = BODY,
        is_issued: Callable[[str], bool] | None = None,
    ) -> RedactedText:
        """Redact a text of one field. Never refuses: the second look adds findings.

        Args:
            is_issued: for questions only, says which placeholders in `text` to leave as they
                are, so that one can ask about them; without it all are escaped.

        Raises:
            DocumentError: a detector failed (`document.detector`).
        """
        blocks = (Block(0, len(text), field),)
        return self.redact_fields(text, blocks, pseudonyms=pseudonyms, is_issued=is_issued)

    def redact_fields(
        self,
        text: str,
        blocks: Sequence[Block],
        *,
        pseudonyms: Pseudonyms,
        is_issued: Callable[[str], bool] | None = None,
    ) -> RedactedText:
        """Redact a text of several fields as `redact_text` does: never refuses."""
        draft = self._draft(text, blocks, is_issued=is_issued)
        return RedactedText(*self._finish(draft, pseudonyms))

    def replay(
        self,
        text: str,
        blocks: Sequence[Block],
        claims: Sequence[Span],
        *,
        pseudonyms: Pseudonyms,
    ) -> RedactedText:
        """Redact by claims that `find` gave before: no detector runs, no second look.

        For what-if questions about policies, where detection would be most of the work.
        """
        resolved = self._resolve(text, claims, Fields(blocks))
        shown, findings, _ = self._finish(_Draft(text, tuple(resolved), True), pseudonyms)
        return RedactedText(shown, findings)

    def residual(self, text: str, *, field: str = BODY) -> tuple[Finding, ...]:
        """Return what the gate sees in a text that should be redacted already."""
        seen = look_again(text, find=lambda view: self._find_cheap(view) + self._find_costly(view))
        fields = Fields((Block(0, len(text), field),))
        resolved = resolve(text, seen, policy=self.policy, fields=fields)
        return tuple(
            finding_of(item, None)
            for item in resolved
            if not item.is_kept and not _is_coarse(item, text[item.start : item.end])
        )

    def find(self, text: str) -> list[Span]:
        """Return the raw claims of all detectors, before thresholds and overlaps.

        Raises:
            DocumentError: a detector failed (`document.detector`).
        """
        return self._claims(text, self._detectors)

    def _put_aside(self, document: RawDocument, draft: _Draft) -> None:
        """Refuse what the policy's `quarantine` names."""
        aside = self.policy.quarantine
        is_flagged = not set(aside.flags).isdisjoint(document.flags)
        if is_flagged or any(item.entity in aside.entities for item in draft.resolved):
            raise DocumentError(
                "the policy puts documents of this kind aside",
                code="document.policy",
                hint="see `quarantine` in the policy",
            )

    def _claims(self, text: str, detectors: Sequence[Detector]) -> list[Span]:
        """Run detectors over the normalised text; whatever goes wrong fails the document."""
        seen = normalise(text)
        found: list[Span] = []
        for detector in detectors:
            try:
                with processor_time(self._detector_s + _more_s(detector, len(text))):
                    spans = detector.find(seen.text)
            except SecureRagError:
                raise
            except OutOfTimeError:
                raise DocumentError(
                    f"the detector {detector.name} ran out of time", code="document.detector"
                ) from None
            except Exception:  # noqa: BLE001
                # Whatever it is: it may quote text, and it must not skip.
                raise DocumentError(
                    f"the detector {detector.name} failed", code="document.detector"
                ) from None
            if seen.text == text:
                found.extend(spans)
                continue
            for span in spans:
                start, end = seen.to_input(span.start, span.end)
                found.append(replace(span, start=start, end=end))
        return found

    def _find_cheap(self, text: str) -> list[Span]:
        return self._claims(text, [d for d in self._detectors if not d.is_costly])

    def _find_costly(self, text: str) -> list[Span]:
        least = self.policy.gate_threshold
        found = self._claims(text, [d for d in self._detectors if d.is_costly])
        return [span for span in found if span.score >= least]

    def _draft(
        self,
        text: str,
        blocks: Sequence[Block],
        *,
        is_issued: Callable[[str], bool] | None = None,
    ) -> _Draft:
        """Detect, resolve and let the gate look, round by round."""
        text, left = _escape(text, is_issued)
        fields = Fields(blocks)
        spans = _around(self.find(text), left)
        resolved = self._resolve(text, spans, fields)
        looked: set[Interval] = set()
        for round_number in range(EXTRA_ROUNDS + 1):
            residual = self._residual_spans(text, resolved, fields, looked, left)
            if not residual:
                return _Draft(text, tuple(resolved), True, left)
            looked.update((item.start, item.end) for item in resolved if not item.is_kept)
            spans += residual
            resolved = self._resolve(text, spans, fields)
            if round_number == EXTRA_ROUNDS:
                break
        is_clean = not any(self.policy.refuses(span.entity) for span in residual)
        return _Draft(text, tuple(resolved), is_clean, left)

    def _resolve(self, text: str, spans: Sequence[Span], fields: Fields) -> list[Resolved]:
        """Resolve, look for what was found in the rest of the text, and resolve again."""
        resolved = resolve(text, spans, policy=self.policy, fields=fields)
        seen = normalise(text)
        covered = [(item.start, item.end) for item in resolved if not item.is_kept]
        further = []
        for span in Propagator(_values(text, resolved)).find(seen.text):
            start, end = seen.to_input(span.start, span.end)
            if not is_inside(start, end, covered):
                further.append(replace(span, start=start, end=end))
        if not further:
            return resolved
        return resolve(text, [*spans, *further], policy=self.policy, fields=fields)

    def _residual_spans(
        self,
        text: str,
        resolved: Sequence[Resolved],
        fields: Fields,
        looked: AbstractSet[Interval],
        left: Sequence[Interval],
    ) -> list[Span]:
        """Return what the gate sees, as spans of the text before redaction.

        Costly detectors look beside replacements, but not beside those `looked` at before.
        """
        if all(item.is_kept for item in resolved):
            return []  # the second look would read the same text again
        shown, _, moved = carry_out(text, resolved, ProvisionalPseudonyms(), left=left)
        seen = look_again(
            shown,
            find=self._find_cheap,
            find_near=self._find_costly,
            own=[(edit.new_start, edit.new_end) for edit in moved.edits],
            known=[moved.span(item.start, item.end) for item in resolved if item.is_kept],
            settled=[
                (edit.new_start, edit.new_end)
                for edit in moved.edits
                if (edit.start, edit.end) in looked
            ],
            values=_values(text, resolved),
        )
        back = [
            replace(span, start=moved.backward(span.start), end=moved.backward(span.end - 1) + 1)
            for span in seen
        ]
        decided = resolve(text, back, policy=self.policy, fields=fields)
        return [
            Span(item.start, item.end, item.entity, item.score, item.recognizer)
            for item in decided
            if not item.is_kept
        ]

    def _finish(
        self, draft: _Draft, pseudonyms: Pseudonyms
    ) -> tuple[str, tuple[Finding, ...], OffsetMap]:
        with pseudonyms.batch():
            return carry_out(
                draft.text,
                draft.resolved,
                pseudonyms,
                linking=self.policy.linking,
                left=draft.left,
            )


def _is_coarse(item: Resolved, value: str) -> bool:
    """Say whether a value is already what generalising would make of it."""
    return item.action == "generalise" and generalise(item.entity, value, item.to) == value


def _escape(text: str, is_issued: Callable[[str], bool] | None) -> tuple[str, tuple[Interval, ...]]:
    """Escape look-alikes; return where placeholders were left in place."""
    left = tuple(
        (start, end)
        for start, end, placeholder in (find_placeholders(text) if is_issued else ())
        if is_issued is not None and is_issued(placeholder)
    )
    return escape_lookalikes(text, but=left), left


def _around(spans: list[Span], left: Sequence[Interval]) -> list[Span]:
    """Cut placeholders that stay out of what detectors claim."""
    if not left:
        return spans
    return [
        replace(span, start=start, end=end)
        for span in spans
        for start, end in outside(span.start, span.end, left)
    ]


def _more_s(detector: Detector, length: int) -> float:
    return length * (COSTLY_S if detector.is_costly else CHEAP_S)


def _values(text: str, resolved: Sequence[Resolved]) -> list[Found]:
    """Return what was found and is not kept, each value once, in the order of the text."""
    return list(
        dict.fromkeys(
            Found(item.entity, normalise(text[item.start : item.end]).text)
            for item in resolved
            if not item.is_kept
        )
    )


def _shown_path(text: str, blocks: Sequence[Block]) -> str:
    names = (text[block.start : block.end] for block in blocks if block.field == "file_name")
    return next(names, "")
