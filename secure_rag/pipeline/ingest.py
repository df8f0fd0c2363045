"""`index add`: documents pass redaction before anything of them is stored.

Order for each document:

1. keyed digests of path and content tell whether it is unchanged: then nothing happens;
2. `document.ingest.start` is durable;
3. a worker reads, redacts, gates, chunks and embeds it (pipeline/worker.py);
4. `document.indexed` or `document.quarantined` is durable;
5. its rows are committed, all or none, or its quarantine record is written.

Killed anywhere, the next run finds each document whole or absent and does the rest.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from secure_rag.access import check_labels
from secure_rag.audit import events
from secure_rag.documents.formats import SUFFIXES, suffix_of
from secure_rag.errors import ArtifactError, RefusedError
from secure_rag.index.rows import DocumentRows, Known
from secure_rag.pipeline.pool import ingest_all
from secure_rag.pipeline.quarantine import (
    QuarantineRecord,
    now,
    read_records,
    remove_record,
    write_record,
)
from secure_rag.pipeline.session import Session
from secure_rag.pipeline.sources import Source, find_sources, is_supported
from secure_rag.pipeline.worker import (
    Ingested,
    Rejected,
    Task,
    WorkerSetup,
    content_digest,
    document_id,
    stdin_origin,
)
from secure_rag.policy.model import Policy
from secure_rag.vault.store import Domain

_log = logging.getLogger(__name__)

_BATCH = 32
"""Documents per commit: each commit is a version of the table, so few are better."""
_BATCH_S = 5.0
"""Longest wait of a finished document for its commit."""


@dataclass(frozen=True)
class AddOptions:
    """What the command line asked for."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    policy: str | None = None
    dry_run: bool = False
    stdin_name: str | None = None
    labels: tuple[str, ...] = ()
    """Without any, a document keeps those it has."""


@dataclass
class AddReport:
    """What became of the documents of one `index add`."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    """Files below a folder whose suffix no loader reads."""
    chunks: int = 0
    unread: int = 0
    """Folders, and things in them, below a named one that may not be looked at."""
    pathless: int = 0
    """Documents that stay in quarantine because no path of theirs is kept."""
    gone: int = 0
    """Files in quarantine that are there no more."""
    quarantined: list[tuple[str, str, str]] = field(default_factory=list)
    """(document id, redacted name, reason)."""
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds by stage, added up over the workers."""


Progress = Callable[[int], None]
"""Called with the number of files that are done."""


def add(
    session: Session,
    sources: Iterable[Source],
    *,
    options: AddOptions,
    stdin: bytes | None = None,
    progress: Progress | None = None,
) -> AddReport:
    """Ingest documents; see the module's order.

    Raises:
        InputError: a named path is missing.
        RefusedError: the policy keeps everything and the settings do not allow it.
        UsageError: a label that is none, or that the rules do not name.
    """
    started = time.perf_counter()
    given = check_labels(options.labels, session.settings, session.collection)
    options = replace(options, labels=given)
    policy = session.load_policy(options.policy)
    _refuse_unsafe(session, policy)
    run = _Run(session, policy, options, progress)
    for result in ingest_all(run.setup, run.tasks(iter(sources), stdin)):
        run.take(result)
    run.finish()
    run.report.seconds = time.perf_counter() - started
    return run.report


def sources_of(
    session: Session,
    paths: Sequence[Path],
    options: AddOptions,
    *,
    unread: Callable[[], None] | None = None,
) -> Iterator[Source]:
    """Yield the files that the command line named, but for the workspace's own."""
    return find_sources(
        paths,
        include=options.include,
        exclude=options.exclude,
        workspace=session.workspace.root,
        unread=unread,
    )


def _refuse_unsafe(session: Session, policy: Policy) -> None:
    if policy.is_unsafe and not session.settings.ingest.allow_unsafe_keep_all:
        raise RefusedError(
            f"the policy {policy.name} redacts nothing",
            code="policy.unsafe",
            hint="for public text only: set `allow_unsafe_keep_all = true` under [ingest] in "
            "secure-rag.toml",
        )


class _Run:
    """The state of one `add`: the open batch and the report."""

    def __init__(
        self, session: Session, policy: Policy, options: AddOptions, progress: Progress | None
    ) -> None:
        self._session = session
        self._options = options
        self._progress = progress or (lambda _done: None)
        self._domain: Domain = session.domain
        if not options.dry_run:
            # Before anything is looked at: of two runs the later one sees what the first stored.
            session.store.begin_writing()
        self._known = session.store.contents()
        self._labels = _labels(session, self._known)
        self._batch: list[Ingested] = []
        self._batch_since = time.perf_counter()
        self._redaction = session.redaction_digest(policy)
        self._done = 0
        self._stale: list[str] = []
        """Documents whose file is now in quarantine: their earlier rows must go."""
        self.report = AddReport()
        self.setup = WorkerSetup(
            session.workspace,
            session.collection,
            policy,
            session.settings.ingest,
            session.vault,
            not session.is_isolated,
        )

    def tasks(self, sources: Iterator[Source], stdin: bytes | None) -> Iterator[Task]:
        """Yield a task for each document that is new or changed, after its start event."""
        if stdin is not None:
            name = self._options.stdin_name or "stdin.txt"
            task = self._task(name, stdin_origin(name), stdin, None)
            if task:
                yield task
        for source in sources:
            if not is_supported(source):
                self.report.skipped += 1
                self._advance()
                continue
            data = _read(source.path, self.setup.limits.max_file_mb)
            task = self._task(source.name, str(source.path), data, source.path)
            if task:
                yield task

    def take(self, result: Ingested | Rejected) -> None:
        """Store a finished document with its batch, or put it into quarantine."""
        _log.info("document %s: %s", result.task.document, _spent(result.seconds))
        for stage, seconds in result.seconds.items():
            self.report.stages[stage] = self.report.stages.get(stage, 0.0) + seconds
        if isinstance(result, Rejected):
            try:
                self._quarantine(result)
            except ArtifactError:
                self.flush()  # what passed is stored all the same
                raise
        else:
            self._batch.append(result)
            waited = time.perf_counter() - self._batch_since
            if len(self._batch) >= _BATCH or waited > _BATCH_S:
                self.flush()
        self._advance()

    def finish(self) -> None:
        """Store what is left, then leave no row and no byte that should be gone."""
        self.flush()
        if self._options.dry_run:
            return
        if self._stale:
            self._session.store.remove(self._stale)
        store = self._session.store
        if self.report.added or self.report.updated or store.is_purge_owed:
            store.finish()

    def flush(self) -> None:
        """Record the batch's events with one sync, then commit its rows."""
        batch, self._batch = self._batch, []
        self._batch_since = time.perf_counter()
        for item in batch:
            before = self._known.get(item.task.source)
            self.report.updated += before is not None
            self.report.added += before is None
            self.report.chunks += len(item.chunks)
        if not batch or self._options.dry_run:
            return
        session = self._session
        session.record_all([self._indexed_event(item) for item in batch])
        with self._domain.batch():
            for item in batch:
                self._domain.seal_source(item.task.document, item.task.origin, marks=item.marks)
        if any(self._is_redacted_otherwise(item.task) for item in batch):
            session.store.owe_purge()
        session.store.replace([self._rows(item) for item in batch])
        for item in batch:
            remove_record(
                session.workspace.quarantine, item.task.source, collection=session.collection
            )
        # Only now: killed before, the rows of an earlier id still have their path.
        self._forget_replaced([item.task for item in batch])

    def _forget_replaced(self, tasks: Sequence[Task]) -> None:
        """Forget the paths of ids that sources had before, in the index or in quarantine."""
        now = {task.document for task in tasks}
        replaced = [
            task.source
            for task in tasks
            if not now.issuperset(self._domain.sources_by_digest(task.source))
        ]
        if replaced:
            self._domain.forget_sources(replaced, but=now)

    def _is_redacted_otherwise(self, task: Task) -> bool:
        """Tell whether a source's rows are of another redaction: their bytes must go, too."""
        before = self._known.get(task.source)
        return before is not None and (
            (before.redaction, before.labels) != (self._redaction, task.labels)
        )

    def _task(self, name: str, path: str, data: bytes | None, file: Path | None) -> Task | None:
        """Return the task for one document, or None if its rows are up to date."""
        source = self._domain.source_digest(path)
        content = content_digest(self._domain, data) if data is not None else "0" * 32
        known = self._known.get(source)
        labels = self._options.labels or self._labels.get(source, ())
        if known is not None and (
            (known.content, known.redaction, known.embedder, known.labels)
            == (content, self._redaction, self._session.embedder_digest, labels)
        ):
            self.report.unchanged += 1
            self._advance()
            return None
        document = document_id(self._domain, source, content)
        if not self._options.dry_run:
            self._session.record(
                events.DocumentIngestStart(
                    document_id=document,
                    content_digest=content,
                    size_bytes=len(data or b""),
                    format=_format(name),
                    collection=self._session.collection,
                )
            )
        return Task(document, source, name, file, None if file else data, labels)

    def _quarantine(self, rejected: Rejected) -> None:
        task = rejected.task
        self.report.quarantined.append((task.document, rejected.path, rejected.reason))
        if self._options.dry_run:
            return
        session = self._session
        session.record(
            events.DocumentQuarantined(
                document_id=task.document,
                reason=rejected.reason,
                collection=session.collection,
            )
        )
        stale = self._known.get(task.source)
        if stale is not None:
            self._stale.append(stale.document)
            session.record(
                events.DocumentRemoved(document_id=stale.document, collection=session.collection)
            )
        self._domain.seal_source(task.document, task.origin, marks=rejected.marks)
        write_record(
            session.workspace.quarantine,
            QuarantineRecord(
                task.document,
                session.collection,
                rejected.reason,
                rejected.path,
                len(Path(task.name).parts),
                task.source,
                now(),
                task.labels,
            ),
        )
        self._forget_replaced([task])

    def _indexed_event(self, item: Ingested) -> events.Event:
        document = item.document
        return events.DocumentIndexed(
            document_id=document.document,
            chunks=len(item.chunks),
            entities=document.counts,
            policy_digest=document.policy_digest,
            redaction_digest=document.redaction_digest,
            embedder_digest=self._session.embedder_digest,
            replaced=item.task.source in self._known,
            collection=self._session.collection,
        )

    def _rows(self, item: Ingested) -> DocumentRows:
        return DocumentRows(
            document=item.document,
            chunks=item.chunks,
            vectors=item.vectors,
            source=item.task.source,
            content=item.content,
            embedder_digest=self._session.embedder_digest,
            labels=item.task.labels,
        )

    def _advance(self) -> None:
        self._done += 1
        self._progress(self._done)


def _labels(session: Session, known: Mapping[str, Known]) -> dict[str, tuple[str, ...]]:
    """Return the labels that sources have, in the index or in quarantine."""
    records = read_records(session.workspace.quarantine, collection=session.collection)
    return {
        **{record.source: record.labels for record in records},
        **{source: one.labels for source, one in known.items()},
    }


def _read(path: Path, max_file_mb: int) -> bytes | None:
    """Return a file's bytes for its digest; None if it is too large or unreadable."""
    try:
        if os.stat(path).st_size > max_file_mb * 1_000_000:
            return None
        return path.read_bytes()
    except OSError:
        return None


def _spent(seconds: dict[str, float]) -> str:
    return ", ".join(f"{stage} {spent:.2f} s" for stage, spent in seconds.items())


def _format(name: str) -> str:
    """Return a suffix that a loader knows: others may be words of a name."""
    suffix = suffix_of(name)
    if not suffix:
        return "none"
    return suffix.lstrip(".") if suffix in SUFFIXES else "other"
