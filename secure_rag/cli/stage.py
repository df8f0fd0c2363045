"""What the demo prints. Rich on a terminal, plain text when piped."""

from __future__ import annotations

import re
import textwrap
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from secure_rag.cli.context import Context
from secure_rag.cli.render import plural, quote_text, safe, shorten, source
from secure_rag.isolation import Evidence

if TYPE_CHECKING:
    from secure_rag.audit.verdict import VerifyReport
    from secure_rag.index.rows import StoredDocument
    from secure_rag.pipeline.ask import Answered
    from secure_rag.pipeline.ingest import AddReport
    from secure_rag.pipeline.start import NewWorkspace

_PLACEHOLDER = re.compile(r"<[A-Z_]+_[0-9A-HJKMNP-TV-Z]{10}>")
_CHANGED = "bold green"
_LINES = 34


class Stage:
    """Prints the steps of the demo and counts them."""

    def __init__(self, context: Context, evidence: Evidence) -> None:
        interactive = context.out.isatty() and context.color
        self._console = Console(
            file=context.out,
            no_color=not interactive,
            highlight=False,
            width=None if interactive else 100,
            soft_wrap=False,
        )
        self._evidence = evidence
        self._step = 0
        self._started = time.perf_counter()

    def open(self, home: Path) -> None:
        self._print(Rule("secure_rag: ask confidential documents, on this machine, with proof"))
        if self._evidence.probes:
            tried = list(self._evidence.probes)
            families = ", ".join(name for name in tried if name.startswith("AF_"))
            self._print(
                f"This process cannot open a socket. {len(tried)} ways out were tried and denied, "
                f"among them sockets of {families}."
            )
        else:
            self._print("WITHOUT isolation: nothing is enforced.")
        self._print(f"Everything of this demo is in {home}")

    def heading(self, title: str, command: str) -> None:
        self._step += 1
        self._print("")
        self._print(Text.assemble((f"{self._step}. {title}", "bold"), f"   $ {command}"))

    def workspace_made(self, made: NewWorkspace) -> None:
        self.heading("Make a workspace", "secure-rag init")
        self._print(
            f"   policy default: {plural(made.rules, 'rule')}, {plural(made.cases, 'case')};"
            " an empty log, sealed; a vault whose key lies outside"
        )

    def ingested(self, report: AddReport, documents: Sequence[StoredDocument]) -> None:
        total: Counter[str] = Counter()
        for document in documents:
            total.update(document.counts)
        self._print(
            f"   {plural(report.added, 'document')} in {plural(report.chunks, 'chunk')}, "
            f"{report.seconds:.1f} s; {plural(len(report.quarantined), 'document')} quarantined"
        )
        for document_id, path, reason in report.quarantined:
            self._print(f"   quarantined {document_id} {safe(path)}: {reason}")
        table = Table(box=None, padding=(0, 2), show_header=False)
        for _ in range(4):
            table.add_column(justify="right")
            table.add_column()
        cells = [(str(count), entity) for entity, count in total.most_common(16)]
        for row in range(0, len(cells), 4):
            table.add_row(*(word for cell in cells[row : row + 4] for word in cell))
        self._print("   redacted before anything was embedded:")
        self._print(table)

    def side_by_side(self, before: str, after: str) -> None:
        table = Table(expand=True, show_lines=False)
        table.add_column("original, on your disk only", ratio=1, overflow="fold")
        table.add_column("stored", ratio=1, overflow="fold")
        table.add_row(_excerpt(before), _marked(_excerpt(after)))
        self._print(table)

    def answered(self, question: str, about: str, answered: Answered) -> None:
        answer = answered.answer
        body = _marked(safe(answer.text))
        for citation in answer.citations:
            if citation.answer:
                body.append("\n  ").append_text(_marked(f"“{quote_text(citation)}”"))
            body.append(f"\n[{citation.marker}] {source(citation)}", style="dim")
        spent = sum(answer.timings.values())
        kind = f"refused: {answer.reason}" if answer.refused else f"{spent:.1f} s"
        self._print(
            Panel(
                body, title=shorten(question, 80), subtitle=f"{about} ({kind})", title_align="left"
            )
        )

    def revealed(self, placeholder: str, value: str) -> None:
        self._print(Text.assemble(f"   {placeholder}  is  ", (safe(value), "bold")))
        self._print("   in a process of its own, after the request was on record")

    def verified(self, report: VerifyReport) -> None:
        verdict = "OK" if report.ok else "FAIL"
        self._print(
            f"   {verdict}: {plural(report.events, 'event')}; {len(report.verified)} checks passed,"
            f" {len(report.failed)} failed, {len(report.not_checkable)} not checkable"
        )
        for line in report.not_checkable:
            self._print(f"   not checkable: {line}")

    def close(self, home: Path, made: NewWorkspace) -> None:
        self._print("")
        self._print(Rule(f"done in {time.perf_counter() - self._started:.0f} s"))
        self._print("")
        workspace = made.workspace
        for name, path in (
            ("policy", workspace.policies / "default.yaml"),
            ("redacted text and vectors", workspace.root / "index" / "default"),
            ("sealed values", workspace.vault),
            ("vault key", made.key_file),
            ("audit log", workspace.audit / "log"),
        ):
            self._print(f"   {name:<26} {path}")
        options = f"--workspace {workspace.root} --key-file {made.key_file}"
        self._print("\nGo on with it, or throw it away:")
        self._print(
            f"   .venv/bin/secure-rag chat {options}"
            if _in_checkout()
            else f"   secure-rag chat {options}"
        )
        self._print(f"   rm -r {home}")

    def _print(self, what: object) -> None:
        # lines are not broken by us: commands and paths are there to be copied
        if isinstance(what, str):
            self._console.print(what, markup=False, soft_wrap=True)
        else:
            self._console.print(what)


def _in_checkout() -> bool:
    from secure_rag.resources import checkout

    return checkout() is not None


def _excerpt(text: str) -> str:
    lines: list[str] = []
    for line in safe(text).splitlines():
        lines += textwrap.wrap(line, 46, break_on_hyphens=False) or [""]
    return "\n".join([*lines[:_LINES], "…"] if len(lines) > _LINES else lines)


def _marked(text: str) -> Text:
    marked = Text(text)
    marked.highlight_regex(_PLACEHOLDER, _CHANGED)
    return marked
