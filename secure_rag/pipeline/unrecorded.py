"""A session of a measurement on given texts: no vault, no index, no log, nothing stored.

`eval answers` asks public questions of public passages, and needs no workspace. What it runs is
`secure_rag.pipeline.ask.Asker`, as `ask --batch` does; only what stands around it is missing.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from secure_rag.audit import events
from secure_rag.pipeline.session import Session
from secure_rag.policy.model import Policy
from secure_rag.runtime.manifest import Models
from secure_rag.settings import AnsweringSettings, Settings, load_settings, parse_settings
from secure_rag.workspace import FORMAT, Workspace

if TYPE_CHECKING:
    from secure_rag.answering.answer import Generator
    from secure_rag.redaction.engine import Redactor
    from secure_rag.vault.store import Domain


class UnrecordedSession(Session):
    """Answers from given passages only: whoever asks it for an index or a vault finds none."""

    def __init__(
        self,
        policy: Policy,
        *,
        workspace: Workspace | None = None,
        answering: AnsweringSettings | None = None,
        adapter: str | None = None,
        unsafe_adapter: bool = False,
    ) -> None:
        """Take a policy, and settings and models of a workspace where there is one.

        Args:
            answering: instead of the workspace's settings, or the defaults.
            adapter: name of an adapter, instead of the one in the settings; empty for none.
            unsafe_adapter: take one that should not be served.
        """
        made = load_settings(workspace.settings_file) if workspace else _defaults()
        if answering is not None:
            made = made.model_copy(update={"answering": answering})
        if adapter is not None:
            made = made.model_copy(update={"adapter": adapter})
        self.settings = made
        self.unsafe_adapter = unsafe_adapter
        # what is written on the way (a tuning of the writer) stays in this run's own folder
        self.workspace = Workspace(Path(tempfile.gettempdir()) / "secure-rag-measurement")
        self.collection = "default"
        self.is_isolated = False
        self.remembers = True
        self._own_workspace = workspace
        self._policy = policy
        self._redactors: dict[str, Redactor] = {}

    def under(self, answering: AnsweringSettings) -> UnrecordedSession:
        """Return a session with other settings of answering and the same models."""
        other = object.__new__(UnrecordedSession)
        # what is loaded by now is shared, what is not is loaded by each
        other.__dict__.update(self.__dict__)
        other.settings = self.settings.model_copy(update={"answering": answering})
        return other

    def record(self, event: events.Event) -> int:
        """Record nothing: there is no log."""
        del event
        return 0

    def record_all(self, batch: list[events.Event]) -> None:
        """Record nothing: there is no log."""

    @cached_property
    def policy(self) -> Policy:
        """The policy that is measured."""
        return self._policy

    @cached_property
    def models(self) -> Models:
        """The pinned models of this machine."""
        return Models(self._own_workspace)

    @cached_property
    def domain(self) -> Domain:
        """A collection that knows nobody."""
        return cast("Domain", NoDomain())

    @property
    def seen_domain(self) -> Domain:
        """The same: there is nothing to hide."""
        return self.domain

    def redactor(self, policy: Policy | None = None) -> Redactor:
        """Return a redactor, built once for each policy."""
        wanted = policy or self.policy
        if wanted.digest not in self._redactors:
            self._redactors[wanted.digest] = super().redactor(wanted)
        return self._redactors[wanted.digest]

    @cached_property
    def loaded_generator(self) -> Generator:
        """The pinned generator, loaded once."""
        return super().generator()

    def generator(self) -> Generator:
        """Return the one generator."""
        return self.loaded_generator


@dataclass(frozen=True)
class NoDomain:
    """A vault's domain in which nothing was ever issued."""

    def lookup(self, entity: str, form: str) -> tuple[str, ...]:
        del entity, form
        return ()

    def aliases(self, entity: str, form: str) -> tuple[str, ...]:
        del entity, form
        return ()

    def is_issued(self, placeholder: str) -> bool:
        del placeholder
        return False

    def digest(self, purpose: str, data: bytes) -> str:
        """Return a digest of nothing: no event will hold it."""
        del purpose, data
        return "0" * 64


def _defaults() -> Settings:
    return parse_settings({"format": FORMAT, "workspace_id": "0" * 16}, "defaults")
