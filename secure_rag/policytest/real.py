"""Run cases through the redactor that ingest and ask use."""

from __future__ import annotations

from collections.abc import Callable

from secure_rag.policy.cases import Case, CaseFile
from secure_rag.policy.model import Policy
from secure_rag.policytest.outcome import Report
from secure_rag.policytest.run import probe_policy, run_cases
from secure_rag.workspace import Workspace


class Bench:
    """Builds redactors and runs case files through them; stores nothing, needs no vault."""

    def __init__(self, workspace: Workspace | None = None) -> None:
        from secure_rag.runtime.manifest import Models

        self._models = Models(workspace)

    def run(
        self,
        policy: Policy,
        case_file: CaseFile,
        *,
        select: Callable[[Case], bool] | None = None,
    ) -> Report:
        """Run the selected cases of a file."""
        # Presidio and ONNX Runtime load here, after isolation.
        from secure_rag.redaction.pseudonyms import LookupPseudonyms
        from secure_rag.redaction.setup import build_redactor

        return run_cases(
            policy,
            case_file,
            build_redactor(policy, self._models),
            pseudonyms=lambda: LookupPseudonyms(None),
            probe=lambda: build_redactor(probe_policy(policy), self._models),
            select=select,
        )
