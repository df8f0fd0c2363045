"""Run cases with the parts that ingest and ask use: reader, redactor, names model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from secure_rag.errors import DocumentError
from secure_rag.policy.case_model import Case, CaseFile
from secure_rag.policy.model import Policy, Scope
from secure_rag.policytest.outcome import Report
from secure_rag.policytest.run import probe_policy, run_cases
from secure_rag.settings import IngestSettings
from secure_rag.workspace import Workspace

if TYPE_CHECKING:
    from secure_rag.documents.reader import DocumentReader
    from secure_rag.redaction.engine import Redactor
    from secure_rag.values import RawDocument


class Bench:
    """Builds redactors and runs case files through them; stores nothing, needs no vault."""

    def __init__(
        self, workspace: Workspace | None = None, *, unsafe_no_isolation: bool = False
    ) -> None:
        from secure_rag.runtime.manifest import Models

        self._models = Models(workspace)
        self._unsafe_no_isolation = unsafe_no_isolation
        self._reader: DocumentReader | None = None
        self._redactors: dict[str, Redactor] = {}

    def run(
        self,
        policy: Policy,
        case_file: CaseFile,
        *,
        select: Callable[[Case], bool] | None = None,
    ) -> Report:
        """Run the selected cases of a file."""
        return run_cases(policy, case_file, self.equip(policy), select=select)

    def equip(self, policy: Policy) -> RealEquipment:
        """Return what cases of a policy need; detectors load on first use."""
        return RealEquipment(self, policy)

    def redactor(self, policy: Policy, *, key: str = "") -> Redactor:
        """Return the redactor of a policy, built once for each digest."""
        # Presidio and ONNX Runtime load here, after isolation.
        from secure_rag.redaction.setup import build_redactor

        key = f"{policy.digest} {key}"
        if key not in self._redactors:
            self._redactors[key] = build_redactor(policy, self._models)
        return self._redactors[key]

    def forget_others(self, policies: Iterable[Policy]) -> None:
        """Let go of the redactors of all policies but these."""
        kept = {policy.digest for policy in policies}
        self._redactors = {
            key: one for key, one in self._redactors.items() if key.split()[0] in kept
        }

    def read(self, path: Path) -> RawDocument:
        """Read a document in the parser process, as ingest does.

        Raises:
            DocumentError: the reason that would put it into quarantine.
        """
        if self._reader is None:
            self._reader = _new_reader(unsafe_no_isolation=self._unsafe_no_isolation)
        return _read(self._reader, path)

    def close(self) -> None:
        """End the parser process, if there is one."""
        if self._reader is not None:
            self._reader.close()


class RealEquipment:
    """What `policytest.run` asks for, under one policy."""

    def __init__(self, bench: Bench, policy: Policy) -> None:
        self._bench = bench
        self._policy = policy
        self._scoped: dict[Scope, Redactor] = {}

    def redactor(self, scope: Scope) -> Redactor:
        if scope not in self._scoped:
            whole = self._bench.redactor(self._policy)
            policy = self._policy.for_scope(scope)
            self._scoped[scope] = whole if policy is self._policy else whole.under(policy)
        return self._scoped[scope]

    def pseudonyms(self) -> Any:
        from secure_rag.policytest.case_domain import CaseDomain
        from secure_rag.redaction.pseudonyms import VaultPseudonyms

        # it has what `VaultPseudonyms` calls; a test holds it against the real domain
        return VaultPseudonyms(cast(Any, CaseDomain()))

    def probe(self) -> Redactor:
        return self._bench.redactor(probe_policy(self._policy), key="probe")

    def read(self, path: Path) -> RawDocument:
        return self._bench.read(path)


def read_document(path: Path, *, unsafe_no_isolation: bool = False) -> RawDocument:
    """Read one document in a parser process of its own, as ingest does.

    Raises:
        DocumentError: the reason that would put it into quarantine.
    """
    with _new_reader(unsafe_no_isolation=unsafe_no_isolation) as reader:
        return _read(reader, path)


def _new_reader(*, unsafe_no_isolation: bool) -> DocumentReader:
    from secure_rag.documents.reader import DocumentReader

    limits = IngestSettings()
    return DocumentReader(
        timeout_s=limits.parse_timeout_s,
        memory_mb=limits.parse_memory_mb,
        max_file_mb=limits.max_file_mb,
        unsafe_no_isolation=unsafe_no_isolation,
    )


def _read(reader: DocumentReader, path: Path) -> RawDocument:
    try:
        data = path.read_bytes()
    except OSError:
        raise DocumentError("cannot be opened", code="document.unreadable") from None
    return reader.read(data, path.name)
