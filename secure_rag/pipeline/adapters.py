"""Adapters of a workspace: put in place, listed, removed, marked when something is erased.

Order of putting one in place: `adapter.training` is durable before training starts, and
`adapter.trained`, with the canaries' result, before the files get their names and pins.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from secure_rag.audit.adapter_events import (
    AdapterMarked,
    AdapterRemoved,
    AdapterTrained,
    AdapterTraining,
)
from secure_rag.errors import ConfigError, ModelMissingError, SecureRagError
from secure_rag.pipeline.session import Session
from secure_rag.runtime.adapters import (
    ADAPTER_FILE,
    CARD_FILE,
    RECORD_FILE,
    ROLE,
    AdapterRecord,
    LocatedAdapter,
    Retrain,
    locate_adapter,
    mark_retrain,
    record_text,
)
from secure_rag.runtime.bundle import pin_added
from secure_rag.runtime.manifest import sha256_of
from secure_rag.runtime.pins import ADDED_FILE, Model, ModelFile, read_manifest, replace_file
from secure_rag.runtime.pins import write_manifest as write_pins

_NAMED: Final = 500
_SEEN: Final = "seen.json"


@dataclass(frozen=True)
class Training:
    """What is about to be trained, and on what."""

    name: str
    kind: str
    base_digest: str
    task_digest: str
    data_digest: str
    examples: int
    documents: tuple[str, ...]
    placeholders: tuple[str, ...]
    """Of all collections."""


@dataclass(frozen=True)
class Listed:
    """One adapter of a listing."""

    name: str
    found: LocatedAdapter | None
    problem: str = ""
    """Code of what is wrong with its files."""


def training_folder(session: Session, name: str) -> Path:
    """Return where a training keeps its checkpoint; it holds no text."""
    return session.workspace.models / f".training-{name}"


def check_name(session: Session, name: str) -> None:
    """Refuse a name that a model has, other than an adapter of this workspace.

    Raises:
        ConfigError: exit 3.
    """
    for model in (*session.models.manifest.models, *_added(session)):
        if model.name == name and (model.role != ROLE or model not in _added(session)):
            raise ConfigError(f"there is a model {name} already", hint="name the task otherwise")


def begin(session: Session, training: Training) -> Path:
    """Record that training starts; return the folder for its checkpoint."""
    documents = training.documents
    session.record(
        AdapterTraining(
            adapter=training.name,
            kind=training.kind,
            base_digest=training.base_digest,
            task_digest=training.task_digest,
            data_digest=training.data_digest,
            examples=training.examples,
            documents=list(documents)[:_NAMED],
            documents_count=len(documents),
            policy_digest=session.policy.digest,
            redaction_digest=session.redaction_digest(session.policy),
            collection=session.collection,
        )
    )
    folder = training_folder(session, training.name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    seen = {"documents": list(documents), "placeholders": list(training.placeholders)}
    replace_file(folder / _SEEN, json.dumps(seen))
    return folder


def put_in_place(
    session: Session, record: AdapterRecord, card: str, *, licence: str = "unknown"
) -> Model:
    """Pin an adapter whose matrices lie in its training folder, and give it its name."""
    folder = training_folder(session, record.name)
    (folder / RECORD_FILE).write_text(record_text(record), "utf-8")
    (folder / CARD_FILE).write_text(card, "utf-8")
    files = tuple(
        ModelFile(name, (folder / name).stat().st_size, sha256_of(folder / name))
        for name in (ADAPTER_FILE, RECORD_FILE, CARD_FILE)
    )
    model = Model(record.name, ROLE, licence, "trained in this workspace", files)
    canary = record.canary
    session.record(
        AdapterTrained(
            adapter=record.name,
            adapter_digest=model.digest,
            data_digest=record.data_digest,
            planted=canary.planted if canary else 0,
            extracted=canary.extracted if canary else 0,
            passed=canary is not None and canary.passed,
            collection=record.collection,
        )
    )
    home = session.workspace.models / record.name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    for file in files:
        os.replace(folder / file.name, home / file.name)
    pin_added(session.workspace.models, model)
    shutil.rmtree(folder, ignore_errors=True)
    return model


def listing(session: Session) -> list[Listed]:
    """Return every adapter that this workspace may use, with what is wrong with it."""
    pinned = [*_added(session), *session.models.manifest.models]
    return [_listed(session, one.name) for one in pinned if one.role == ROLE]


def remove(session: Session, name: str) -> None:
    """Remove an adapter of this workspace, and a training of this name that was not finished.

    Raises:
        ModelMissingError: there is none; those that come with the program stay.
    """
    own = [model for model in _added(session) if model.role == ROLE and model.name == name]
    unfinished = training_folder(session, name)
    if not own and not unfinished.is_dir():
        is_ours = any(one.name == name for one in session.models.manifest.models)
        raise ModelMissingError(
            f"{name} comes with the program and stays" if is_ours
            else f"this workspace has no adapter {name}", code="model.unknown",
            hint="`secure-rag adapter list` shows them",
        )  # fmt: skip
    digest = own[0].digest if own else ""
    session.record(
        AdapterRemoved(adapter=name, adapter_digest=digest, collection=session.collection)
    )
    if own:
        kept = [model for model in _added(session) if model.name != name]
        write_pins(session.workspace.models / ADDED_FILE, kept)
        shutil.rmtree(session.workspace.models / name, ignore_errors=True)
    shutil.rmtree(unfinished, ignore_errors=True)


def mark_seen(
    session: Session, kind: str, names: Sequence[str], documents: Sequence[str]
) -> list[str]:
    """Mark the adapters that saw what is being erased; drop trainings that did.

    Those of every collection: ids and placeholders are of one collection each, and an adapter that
    was trained in another may have seen the person in a row of a file.

    Args:
        kind: `document` or `subject`.
        names: ids of the documents, or the placeholder.
        documents: documents that go, or that hold the placeholder.

    Returns:
        the names of the adapters, and of trainings that were thrown away.
    """
    bare = [name.strip("<>") for name in names]
    marked = []
    for name, folder, seen in _seen(session):
        if not seen & {*bare, *documents}:
            continue
        session.record(
            AdapterMarked(
                adapter=name, kind=kind, names=bare[:_NAMED], collection=session.collection
            )
        )
        if folder == training_folder(session, name):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            reasons = [one for one in bare if kind == "subject" or one in seen]
            mark_retrain(folder, [Retrain(kind, one) for one in reasons])
        marked.append(name)
    return marked


def _seen(session: Session) -> Iterator[tuple[str, Path, set[str]]]:
    """Yield each adapter, and each unfinished training, with what it saw."""
    for one in _added(session):
        if one.role != ROLE:
            continue
        # a damaged record cannot tell: it counts as one that saw everything
        found = _listed(session, one.name).found
        if found is None:
            yield one.name, session.workspace.models / one.name, _Everything()
        else:
            yield one.name, found.located.folder, set(found.record.seen)
    for folder in sorted(session.workspace.models.glob(".training-*")):
        try:
            seen = json.loads((folder / _SEEN).read_text("utf-8"))
            names = {*seen["documents"], *seen["placeholders"]}
        except (OSError, ValueError, KeyError, TypeError):
            names = _Everything()
        yield folder.name.removeprefix(".training-"), folder, names


class _Everything(set[str]):
    """Shares something with every set that is not empty."""

    def __and__(self, other: object) -> set[str]:
        return set(other) if isinstance(other, set) else set()

    def __contains__(self, one: object) -> bool:
        return True


def _added(session: Session) -> tuple[Model, ...]:
    path = session.workspace.models / ADDED_FILE
    return read_manifest(path).models if path.is_file() else ()


def _listed(session: Session, name: str) -> Listed:
    try:
        return Listed(name, locate_adapter(session.models, name))
    except SecureRagError as error:
        return Listed(name, None, error.code)
