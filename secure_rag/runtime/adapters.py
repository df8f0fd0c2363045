"""Adapters: small trained additions to a generator, with the record of where they come from.

An adapter is a model of the role `adapter` whose files are pinned like all others:

    adapter.gguf    the trained matrices, a GGUF file of the type `adapter`
    adapter.toml    the record: base, data, documents, policies, figures, canaries
    README.md       the card, for people

Order of `open_adapter`, before anything is loaded:

1. every file has its pinned SHA-256, and the record names that of the matrices;
2. the adapter was trained on the weights of the generator in use;
3. its canaries did not come out, and nothing that it was trained on has been erased since.

A file `retrain.toml` beside them, which is not pinned, says why an adapter must be trained anew.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from secure_rag.errors import AdapterRefusedError, ArtifactError, InputError
from secure_rag.runtime.gguf import Header, read_header
from secure_rag.runtime.manifest import LocatedModel, Models
from secure_rag.runtime.pins import replace_file
from secure_rag.workspace import FORMAT, check_format

ADAPTER_FILE: Final = "adapter.gguf"
RECORD_FILE: Final = "adapter.toml"
CARD_FILE: Final = "README.md"
RETRAIN_FILE: Final = "retrain.toml"
ROLE: Final = "adapter"
KINDS: Final = ("grounded-qa", "format", "voice", "classify")
_ANSWERING: Final = ("grounded-qa", "voice")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNSAFE_HINT = "train it again, or see what you would risk with --unsafe-adapter"


@dataclass(frozen=True)
class CanaryResult:
    """What the attack on the planted canaries found (secure_rag/adapters/canaries.py)."""

    planted: int
    repeats: int
    """How often each canary stood in the training set."""
    extracted: int
    """Canaries that the model wrote out when it was given their beginning."""
    exposure_mean: float
    """Bits, after Carlini et al., The Secret Sharer (2019)."""
    exposure_max: float
    limit: float
    """Largest mean exposure that passes."""

    @property
    def passed(self) -> bool:
        """Whether the adapter may be served: some were planted, and none came out."""
        return self.planted > 0 and self.extracted == 0 and self.exposure_mean <= self.limit


@dataclass(frozen=True)
class AdapterRecord:
    """Where an adapter comes from; what `adapter.toml` holds."""

    name: str
    kind: str
    """One of `KINDS`."""
    created: str
    """RFC 3339, UTC."""
    base: str
    """Name of the generator that it was trained on."""
    base_digest: str
    """SHA-256 of that generator's published weights."""
    sha256: str
    """SHA-256 of `adapter.gguf`."""
    task_digest: str
    data_digest: str
    """SHA-256 of the redacted training set."""
    policy: str
    policy_digest: str
    redaction_digest: str
    collection: str
    """Collection whose documents it has seen; empty for data from a file."""
    documents: tuple[str, ...]
    """Ids of the indexed documents that it has seen."""
    placeholders: tuple[str, ...]
    """Placeholders of the vault that its training set held, without angle brackets."""
    examples: int
    held_out: int
    rank: int
    steps: int
    train_s: float
    instruction: str = field(default="", repr=False)
    """System message that it was trained with; empty where the prompt brings its own."""
    elsewhere: tuple[str, ...] = ()
    """Placeholders that people of its training set have in other collections; not shown, since
    who may train here need not know who is known there."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    canary: CanaryResult | None = None
    """None where no attack was run."""

    @property
    def seen(self) -> frozenset[str]:
        """Every document and placeholder whose erasure concerns it, of all collections."""
        return frozenset((*self.documents, *self.placeholders, *self.elsewhere))


@dataclass(frozen=True)
class Retrain:
    """Why an adapter must be trained anew."""

    kind: str
    """`document` or `subject`."""
    name: str
    """Id of the document, or the placeholder without its angle brackets."""


@dataclass(frozen=True)
class LocatedAdapter:
    """An adapter whose files are what was pinned."""

    located: LocatedModel
    record: AdapterRecord
    retrain: tuple[Retrain, ...] = ()

    @property
    def name(self) -> str:
        return self.located.model.name

    @property
    def digest(self) -> str:
        """SHA-256 over names and digests of the files; what events and results record."""
        return self.located.digest

    @property
    def path(self) -> Path:
        """The GGUF file."""
        return self.located.folder / ADAPTER_FILE

    @property
    def is_servable(self) -> bool:
        """Whether it may be used without an unsafe option."""
        return not self.retrain and self.record.canary is not None and self.record.canary.passed


def locate_adapter(models: Models, name: str) -> LocatedAdapter:
    """Find an adapter, check its files against their pins and read its record.

    Raises:
        ModelMissingError: no adapter of this name.
        DigestMismatchError: a file differs from its pin.
        ArtifactError: the record cannot be read or is not that of the matrices.
    """
    located = models.locate(ROLE, name)
    pinned = {file.name: file.sha256 for file in located.model.files}
    record = read_record(located.path(RECORD_FILE))
    if record.sha256 != pinned.get(ADAPTER_FILE) or record.name != name:
        raise ArtifactError(
            f"adapter {name}: its record is that of another file", code="adapter.record"
        )
    return LocatedAdapter(located, record, read_retrain(located.folder))


def open_adapter(
    models: Models, name: str, base: LocatedModel, *, unsafe: bool = False, answers: bool = False
) -> LocatedAdapter:
    """Return an adapter that may be loaded onto a generator; see the module's order.

    Args:
        base: the generator in use.
        unsafe: take one whose canaries came out or were never looked for, or that has seen
            what was erased.
        answers: refuse one that was trained for another job than answering questions.

    Raises:
        ArtifactError: missing, changed, of another base or for another job (exit 5).
        AdapterRefusedError: not to be served (exit 6).
    """
    found = locate_adapter(models, name)
    record = found.record
    if record.base_digest != weights_digest(models, base):
        raise ArtifactError(
            f"adapter {name} was trained on other weights than those of {base.model.name}",
            code="adapter.base",
            hint=f'it belongs to generator = "{record.base}" in secure-rag.toml',
        )
    if answers and record.kind not in _ANSWERING:
        raise ArtifactError(
            f"adapter {name} is of the kind {record.kind} and does not answer questions",
            code="adapter.kind",
            hint=f"kinds that do: {', '.join(_ANSWERING)}",
        )
    _check_file(found, base)
    if not unsafe:
        _check_servable(found)
    return found


def weights_digest(models: Models, base: LocatedModel) -> str:
    """Return the SHA-256 of a generator's weights as published.

    A converted file may differ between machines; what it was made from does not.
    """
    for model in models.manifest.models:
        if model.name == base.model.name and model.conversion is not None:
            return model.conversion.source.sha256
    wanted = base.path(".gguf").name
    return next(file.sha256 for file in base.model.files if file.name == wanted)


def _check_servable(found: LocatedAdapter) -> None:
    canary = found.record.canary
    if found.retrain:
        raise AdapterRefusedError(
            f"adapter {found.name} was trained on what has been erased since",
            code="adapter.retrain",
            hint=_UNSAFE_HINT,
        )
    if canary is None or canary.planted == 0:
        raise AdapterRefusedError(
            f"adapter {found.name}: nobody has tried whether it gives its training set away",
            hint=_UNSAFE_HINT,
        )
    if not canary.passed:
        raise AdapterRefusedError(
            f"adapter {found.name}: {canary.extracted} of {canary.planted} canaries came out of "
            f"it, mean exposure {canary.exposure_mean:.1f} bits (at most {canary.limit:.1f})",
            hint=_UNSAFE_HINT,
        )


def _check_file(found: LocatedAdapter, base: LocatedModel) -> None:
    """Look at the GGUF header before native code reads the file."""
    try:
        header, own = read_header(found.path), read_header(base.path(".gguf"))
    except InputError:
        raise ArtifactError(
            f"adapter {found.name} is not a whole GGUF file", code="adapter.file"
        ) from None
    if not is_lora(header) or header.architecture != own.architecture:
        raise ArtifactError(
            f"adapter {found.name} is no LoRA adapter for this model", code="adapter.file"
        )


def is_lora(header: Header) -> bool:
    """Say whether a GGUF file holds a LoRA adapter."""
    return (header.values.get("general.type"), header.values.get("adapter.type")) == (
        "adapter",
        "lora",
    )


# -- the record ----------------------------------------------------------------------------


def read_record(path: Path) -> AdapterRecord:
    """Read a record strictly: an unknown key or a bad value is an error.

    Raises:
        ArtifactError: unreadable or not in the format.
        FormatError: another format version.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ArtifactError(f"{path}: cannot be read as TOML", code="adapter.record") from None
    check_format(table.pop("format", None), path.name)
    try:
        return _record(table)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{path}: {error}", code="adapter.record") from None


def record_text(record: AdapterRecord) -> str:
    """Return what `read_record` reads back."""
    lines = [f"# Written by `secure-rag adapter train`.\nformat = {FORMAT}\n"]
    tables: list[str] = []
    for key, value in vars(record).items():
        if key == "metrics":
            tables += ["\n[metrics]\n", *(f"{json.dumps(k)} = {v!r}\n" for k, v in value.items())]
        elif key == "canary":
            pairs = [] if value is None else vars(value).items()
            tables += ["\n[canary]\n", *(f"{name} = {one!r}\n" for name, one in pairs)]
        else:
            lines.append(f"{key} = {_toml(value)}\n")
    return "".join([*lines, *tables])


def _toml(value: object) -> str:
    # a JSON text without surrogate pairs is a TOML basic string, a list of them an array
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return repr(value)


def _record(table: dict[str, Any]) -> AdapterRecord:
    metrics = {str(key): float(value) for key, value in table.pop("metrics", {}).items()}
    planted = table.pop("canary", None) or None
    canary = CanaryResult(**planted) if planted else None
    table.setdefault("elsewhere", ())
    for key in ("documents", "placeholders", "elsewhere"):
        table[key] = tuple(str(one) for one in table[key])
    record = AdapterRecord(**table, metrics=metrics, canary=canary)
    if record.kind not in KINDS:
        raise ValueError(f"unknown kind {record.kind!a}")
    digests = ("base_digest", "sha256", "task_digest", "data_digest")
    if not all(_DIGEST.fullmatch(getattr(record, key)) for key in digests):
        raise ValueError("a digest is not well formed")
    return record


# -- what must be trained anew -------------------------------------------------------------


def read_retrain(folder: Path) -> tuple[Retrain, ...]:
    """Return why an adapter must be trained anew; nothing where no reason is known.

    Raises:
        ArtifactError: the file is there and cannot be read.
    """
    path = folder / RETRAIN_FILE
    if not path.exists():
        return ()
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        check_format(table.get("format"), path.name)
        return tuple(Retrain(str(one["kind"]), str(one["name"])) for one in table["erased"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ArtifactError(f"{path}: cannot be read", code="adapter.record") from None


def mark_retrain(folder: Path, reasons: Sequence[Retrain]) -> None:
    """Add reasons to those that are known."""
    every = dict.fromkeys([*read_retrain(folder), *reasons])
    lines = ["# Written where something was erased that this adapter was trained on.\n"]
    lines.append(f"format = {FORMAT}\n")
    for one in every:
        lines.append(f"\n[[erased]]\nkind = {_toml(one.kind)}\nname = {_toml(one.name)}\n")
    replace_file(folder / RETRAIN_FILE, "".join(lines))
