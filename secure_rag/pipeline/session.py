"""A session: one command's view of a workspace, from its first event to its checkpoint.

Order of `open_session` (P8: act only after the log has it):

1. read the settings;
2. open the log, or stop;
3. record `session.start`: command, code, policy and isolation evidence;
4. refuse who has no right to the command (secure_rag/pipeline/rights.py), on record;
5. run the body; models, index and vault are opened when first needed;
6. record `session.end` with the outcome, then the checkpoint that ends the epoch.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from secure_rag.access import Access, Clearance, current_access
from secure_rag.audit import events
from secure_rag.audit.log import AuditLog
from secure_rag.errors import ExitCode, IndexMismatchError, SecureRagError, exit_code_of
from secure_rag.isolation import Evidence
from secure_rag.pipeline.interrupts import uninterrupted
from secure_rag.pipeline.restored import refuse_unsettled
from secure_rag.pipeline.rights import demand
from secure_rag.pipeline.started import record_start, settings_of
from secure_rag.policy.loader import load_policy
from secure_rag.policy.model import Policy, Scope
from secure_rag.resources import resource
from secure_rag.settings import Settings
from secure_rag.workspace import Workspace, default_key_path

if TYPE_CHECKING:
    from secure_rag.answering.answer import Generator
    from secure_rag.answering.reader import Reader
    from secure_rag.index.embedder import Embedder
    from secure_rag.index.reading import Rows
    from secure_rag.index.store import Store
    from secure_rag.pipeline.seen_domain import SeenDomain
    from secure_rag.redaction.engine import Redactor
    from secure_rag.retrieval.rerank import Reranker
    from secure_rag.runtime.adapters import LocatedAdapter
    from secure_rag.runtime.encoder import Encoder
    from secure_rag.runtime.llama import LlamaGenerator
    from secure_rag.runtime.manifest import LocatedModel, Models
    from secure_rag.vault.erasures import Erasures
    from secure_rag.vault.store import Domain, Vault


class Session:
    """What the acts of one command share; heavy parts load on first use."""

    names_model: Callable[[], Encoder] | None = None
    """Returns the names model, where it is loaded beside other things."""

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        log: AuditLog,
        *,
        collection: str,
        key_file: Path | None,
        key_fd: int | None,
        is_isolated: bool,
    ) -> None:
        self.workspace = workspace
        self.settings = settings
        self.collection = collection
        self.is_isolated = is_isolated
        self.exit_code = ExitCode.OK
        """What the session ends with if nothing is raised; recorded with `session.end`."""
        self.key_file = key_file or default_key_path(settings.workspace_id)
        self.key_fd = key_fd
        self._log = log
        self._domain: Domain | None = None
        self._store: Store | None = None
        self._is_settled = False
        self._loaded: LlamaGenerator | None = None
        self.unsafe_adapter = False
        """Whether an adapter is used that should not be: set before anything is opened."""
        self.remembers = False
        """Whether the same texts come again, as in a batch: set before models are opened."""

    def record(self, event: events.Event) -> int:
        """Append an event durably and return its sequence number."""
        with uninterrupted():
            return self._log.append(event)

    @cached_property
    def access(self) -> Access:
        """What the user of this process may do."""
        return current_access(self.settings, self.workspace.settings_file)

    @property
    def clearance(self) -> Clearance:
        """Which documents of the collection the user may see."""
        return self.access.clearance(self.collection)

    @property
    def log(self) -> AuditLog:
        """The log itself, for what is done to it and not only recorded in it."""
        return self._log

    def record_all(self, batch: list[events.Event]) -> None:
        """Append several events with one sync to disk."""
        if batch:
            with uninterrupted():
                self._log.append_many(batch)

    def beating(self, source: str) -> AbstractContextManager[None]:
        """Beat while the body runs, for a session that waits for its user."""
        from secure_rag.audit.heartbeat import beating

        promised = self.settings.audit.heartbeat_minutes
        return beating(self._log, source=source, promised_minutes=promised)

    @property
    def policy_folders(self) -> tuple[Path, ...]:
        """Where policies are looked for by name: the workspace, then the packs."""
        return (self.workspace.policies, resource("policies"))

    def load_policy(self, name: str | None = None) -> Policy:
        """Return the workspace's policy, or the one a command was given."""
        if name is None:
            return self.policy
        policy = load_policy(name, folders=self.policy_folders)
        if policy.is_unsafe:
            self.record(events.UnsafeUsed(option=policy.name))
        return policy

    @cached_property
    def policy(self) -> Policy:
        """The policy in force."""
        return load_policy(self.settings.policy, folders=self.policy_folders)

    @cached_property
    def models(self) -> Models:
        """The pinned models that this workspace may load."""
        from secure_rag.runtime.manifest import Models

        return Models(self.workspace)

    @cached_property
    def vault(self) -> Vault:
        """The vault with its public and look-up keys; the private key stays closed."""
        from secure_rag.vault.store import Vault

        return Vault.open(self.workspace.vault, key_file=self.key_file, key_fd=self.key_fd)

    @property
    def domain(self) -> Domain:
        """The vault's domain of this collection, in which every erasure holds."""
        if self._domain is None:
            refuse_unsettled(self.workspace)
            self._domain = self.vault.domain(self.collection)
            self._settle()
        return self._domain

    @property
    def seen_domain(self) -> Domain | SeenDomain:
        """The domain as far as it stands in documents that the user may see."""
        if self.clearance.is_full:
            return self.domain
        from secure_rag.pipeline.seen_domain import SeenDomain

        return SeenDomain(self.domain, self.seen)

    def erasures(self) -> Erasures:
        """Return the list of erasures of this collection."""
        from secure_rag.vault.erasures import Erasures

        return Erasures(self.vault.domain(self.collection), *self.erasure_files)

    @property
    def erasure_files(self) -> tuple[Path, Path]:
        """The two copies: in the vault's domain, and where restoring a workspace does not reach."""
        name = "erasures.jsonl"
        inside = self.workspace.vault / self.collection / name
        return inside, self.key_file.parent / f"{self.settings.workspace_id}.{name}"

    def _settle(self) -> None:
        """End erasures that were cut off or that a restored backup undid, before anything else.

        Without a list nothing is opened, so that listing needs no vault key.
        """
        was_settled, self._is_settled = self._is_settled, True  # what it enters later is its own
        if was_settled or not any(path.exists() for path in self.erasure_files):
            return
        try:
            owed = self.erasures().owed()
            if owed:
                from secure_rag.pipeline.erase import replay

                replay(self, owed)
        except BaseException:
            self._is_settled, self._domain, self._store = False, None, None
            raise

    def redactor(self, policy: Policy | None = None) -> Redactor:
        """Return a redactor for the policy in force, or for another one."""
        from secure_rag.redaction.setup import build_redactor

        wanted, scope = policy or self.policy, Scope(self.collection)
        made = build_redactor(wanted, self.models, scope=scope, names=self.names_model)
        return made.remembering() if self.remembers else made

    @cached_property
    def embedder(self) -> Embedder:
        """The pinned embedder; a single question gains from all cores."""
        from secure_rag.index.embedder import load_embedder
        from secure_rag.runtime.cores import physical_cores

        return load_embedder(self.models, threads=physical_cores())

    @cached_property
    def embedder_digest(self) -> str:
        """Digest of the pinned embedder, without loading it."""
        return self.models.locate("embedder").digest

    @cached_property
    def reader(self) -> Reader:
        """The pinned reader."""
        from secure_rag.answering.reader import load_reader
        from secure_rag.runtime.cores import physical_cores

        return load_reader(self.models, threads=physical_cores())

    @cached_property
    def _generator(self) -> LocatedModel:
        return self.models.locate("generator", self.settings.generator)

    @property
    def generator_digest(self) -> str:
        """Digest of the pinned generator."""
        return self._generator.digest

    @cached_property
    def adapter(self) -> LocatedAdapter | None:
        """The adapter that the settings or the command name, checked; see `open_adapter`."""
        name = self.settings.adapter
        if not name:
            return None
        from secure_rag.runtime.adapters import open_adapter

        unsafe = self.unsafe_adapter
        found = open_adapter(self.models, name, self._generator, unsafe=unsafe, answers=True)
        if not found.is_servable:
            self.record(events.UnsafeUsed(option=f"adapter {name}"))
        return found

    @property
    def adapter_digest(self) -> str:
        """Digest of the adapter in use; empty without one."""
        return self.adapter.digest if self.adapter else ""

    def generator(self) -> Generator:
        """Load the pinned generator, with its adapter if one is in use."""
        from secure_rag.runtime.llama import LlamaGenerator

        limits = self.settings.answering
        self._loaded = LlamaGenerator(
            self._generator,
            context_tokens=limits.context_tokens,
            threads=limits.threads,
            adapter=self.adapter,
        )
        return self._loaded

    def tune_writer(self, *, say: Callable[[str], None], is_wanted: bool = True) -> None:
        """Measure once how the generator runs fastest on this machine, and keep it.

        Args:
            is_wanted: False measures only what was loaded and never measured here, after
                the first answer of this machine has been shown.
        """
        from secure_rag.runtime.tuning import TUNING_CONTEXT, record, recorded, tune

        if not is_wanted and (self._loaded is None or recorded(self.generator_digest)):
            return
        say("measuring once how the writer runs fastest on this machine (at most 10 s)")
        if self._loaded is None:
            self.generator()
        loaded = self._loaded
        assert loaded is not None
        tuned = tune(lambda tuning: loaded.another(TUNING_CONTEXT, tuning))
        if not record(self.generator_digest, tuned):
            say("what was measured could not be kept: the cache folder cannot be written")

    @cached_property
    def reranker(self) -> Reranker | None:
        """The reranker that the settings name; none by default."""
        if not self.settings.retrieval.reranker:
            return None
        from secure_rag.runtime.llama_rank import LlamaReranker

        located = self.models.locate("reranker", self.settings.retrieval.reranker)
        return LlamaReranker(located, threads=self.settings.answering.threads)

    def redaction_digest(self, policy: Policy) -> str:
        """Digest of a policy, recognizers and NER model, without loading the model."""
        from secure_rag.redaction.setup import redaction_digest

        return redaction_digest(policy, self.models)

    @cached_property
    def _accepted_redactions(self) -> frozenset[str]:
        """The redaction in force, hashed once, and those that the settings still allow."""
        return frozenset((self.redaction_digest(self.policy), *self.settings.accepted_policies))

    @property
    def store(self) -> Store:
        """The collection's table, in which every erasure holds."""
        if self._store is None:
            refuse_unsettled(self.workspace)
            from secure_rag.index.store import Store

            self._store = Store(self.workspace.index(self.collection))
            self._settle()
        return self._store

    @property
    def seen(self) -> Rows:
        """What the user may see of the table: everything that is asked, listed or shown."""
        return self.store.seen_by(self.clearance)

    def check_index(self) -> None:
        """Refuse an index that another embedder or a redaction not accepted here made.

        Raises:
            IndexMismatchError: exit 5, with the repairing command.
        """
        found = self.seen.digests()
        if found.embedders - {self.embedder_digest}:
            raise IndexMismatchError(
                "the index was made with another embedder",
                hint="run `secure-rag index rebuild`",
            )
        foreign = found.redactions - self._accepted_redactions
        if foreign:
            raise IndexMismatchError(
                "the index holds documents redacted under another policy or model",
                hint="run `secure-rag index rebuild`, or list the digest "
                f"{min(foreign)} in accepted_policies of secure-rag.toml",
            )


@contextmanager
def open_session(
    workspace: Workspace,
    *,
    command: str,
    collection: str,
    evidence: Evidence,
    key_file: Path | None = None,
    key_fd: int | None = None,
    adapter: str | None = None,
) -> Iterator[Session]:
    """Run the body between `session.start` and `session.end`; `adapter` overrides the settings.

    Raises:
        RefusedError: the log cannot be written, or the rules give no right: nothing happens.
    """
    settings = settings_of(workspace, collection=collection, adapter=adapter)
    log = AuditLog.open(workspace.audit, session=secrets.token_hex(8))
    session = Session(
        workspace,
        settings,
        log,
        collection=collection,
        key_file=key_file,
        key_fd=key_fd,
        is_isolated=evidence.seccomp == "enforced",
    )
    outcome = ExitCode.BUG
    try:
        record_start(session, command, evidence)
        demand(session, command)
        yield session
        outcome = session.exit_code
    except BaseException as error:
        outcome = exit_code_of(error)
        raise
    finally:
        _finish(log, outcome)


def _finish(log: AuditLog, outcome: ExitCode) -> None:
    """End the session; a log that has just failed must not hide the error that it raised."""
    try:
        log.append(events.SessionEnd(exit_code=int(outcome)))
        log.close()
    except SecureRagError:
        if outcome is ExitCode.OK:
            raise
