"""Settings of a workspace: `secure-rag.toml`, strictly parsed.

Order: command-line flags, then `SECURE_RAG_*` variables, then the file, then defaults.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from secure_rag.errors import ConfigError
from secure_rag.workspace import FORMAT, POLICY_VARIABLE, check_format


class _Strict(BaseModel):
    # the meanings below the fields are for docs/reference: reading them takes as long as the rest
    model_config = ConfigDict(extra="forbid", frozen=True)


class IngestSettings(_Strict):
    """Limits of `index add`."""

    workers: int = Field(default=0, ge=0, le=64)
    """Worker processes; 0 takes one per core."""
    max_file_mb: int = Field(default=100, ge=1)
    """A larger file is quarantined."""
    parse_timeout_s: float = Field(default=60.0, gt=0)
    """A document that takes longer to read is quarantined."""
    parse_memory_mb: int = Field(default=1024, ge=128)
    """Address space of the parser process."""
    allow_unsafe_keep_all: bool = False
    """Let `index add` store text under the policy `unsafe-keep-all` (public text only)."""


class RetrievalSettings(_Strict):
    """How passages are found."""

    mode: Literal["hybrid", "vector", "lexical"] = "hybrid"
    """Vectors, words, or both fused by their standardised scores."""
    passages: int = Field(default=6, ge=1, le=50)
    """Passages given to the answering stage."""
    candidates: int = Field(default=100, ge=1, le=1000)
    """Candidates each search contributes to the fusion."""
    reranker: str = ""
    """Name of a reranker in the manifest or among added models (a GGUF with pooling `rank`),
    which orders the best candidates anew; empty for none."""


class AnsweringSettings(_Strict):
    """How answers are made."""

    evidence_threshold: float | None = Field(default=None, ge=0, le=1)
    """Overrides the calibrated threshold below which a question is refused."""
    writer: Literal["quotes", "supported", "always", "free"] = "supported"
    """`quotes`: no model writes. `supported`: where the answer is quoted sentences, one sentence of
    the model is added if they bear it out. `always`: below an answer of a few words, too. `free`:
    several sentences, each checked; for larger models."""
    max_tokens: int = Field(default=96, ge=8, le=2048)
    """Longest text the writer may write."""
    context_tokens: int = Field(default=2048, ge=512)
    """Context of the generator: instructions, passages and answer."""
    threads: int = Field(default=0, ge=0)
    """Threads of llama.cpp; 0 takes what `doctor --tune` measured, else one per physical core."""


class AuditSettings(_Strict):
    """What the audit log promises."""

    heartbeat_minutes: int = Field(default=0, ge=0, le=1440)
    """A timer calls `audit heartbeat` this often while the machine runs: `audit verify` flags
    where it did not. 0 promises nothing."""
    reviewer_key: str = ""
    """Public key of a reviewer (`audit reviewer-key` prints it): redacted questions and answers
    are sealed to it in the log. Without one, the log holds keyed digests of them only."""
    witnesses: tuple[str, ...] = ()
    """Lines of the witnesses whose cosignatures count, as `audit witness` prints them."""
    anchor_max_age_days: int = Field(default=0, ge=0, le=3650)
    """A cosignature not older than this is demanded: `doctor` fails without one, and so does
    `audit verify --require anchor`. 0 demands nothing."""
    retention_days: int = Field(default=0, ge=0, le=36500)
    """Events are kept at least so long; `audit prune` removes whole segments that are older, and
    only when it is called. 0 keeps them for ever."""


class RevealSettings(_Strict):
    """How many values may be shown."""

    per_hour: int = Field(default=0, ge=0)
    """Most values that one user of the system is shown within an hour; 0 sets no limit."""
    bulk_from: int = Field(default=0, ge=0)
    """From this many values on, within an hour and the request at hand, another user of the
    system must approve (`reveal --approve`); 0 never asks for it."""
    approval_hours: int = Field(default=24, ge=1, le=720)
    """How long an approval is good for; it is good for one reveal only."""


Who = Annotated[
    str, Field(pattern=r"^(\*|uid:[0-9]{1,10}|gid:[0-9]{1,10}|@?[^@*:\s\x00-\x1f][^:\x00-\x1f]*)$")
]
"""A user by name, a group as `@name`, `uid:1000`, `gid:1000`, or `*` for everyone."""
CollectionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class AccessSettings(_Strict):
    """Rights over the whole workspace. Once this table or a `[collections.NAME]` is there, who is
    not named is refused."""

    group: str = ""
    """POSIX group of what all collections share: the log, settings, policies and models."""
    read_log: tuple[Who, ...] = ()
    """May verify, list and export the log, over all collections and labels."""
    manage: tuple[Who, ...] = ()
    """May change what opens the vault, prune and hold the log, and see every right."""


class CollectionSettings(_Strict):
    """Rights in one collection: names of users, groups as `@name`, `uid:N`, `gid:N`, or `*`."""

    group: str = ""
    """POSIX group of the collection's folders; empty for the group of `[access]`."""
    ask: tuple[Who, ...] = ()
    """May ask, search, chat, redact, and list and show what they may see."""
    add: tuple[Who, ...] = ()
    """May add documents, rebuild them, and try quarantined ones again."""
    reveal: tuple[Who, ...] = ()
    """May see original values."""
    approve: tuple[Who, ...] = ()
    """May agree to somebody else's request to see values."""
    erase: tuple[Who, ...] = ()
    """May find and erase people, whatever the labels; may remove documents that they may see."""
    labels: dict[str, tuple[Who, ...]] = {}
    """Who may see documents with a label. A document with several needs all of them; one with a
    label that is not named here is seen by nobody."""
    unlabelled: tuple[Who, ...] | None = None
    """Who may see documents without a label. Left out: everyone who may ask where `labels` names
    none, else nobody."""


class Settings(_Strict):
    """The whole file."""

    format: int
    """Version of this file's format."""
    workspace_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    """Random id of the workspace; names its key file."""
    policy: str = "default"
    """Name of a file in `policies/` without `.yaml`, or of a pack."""
    accepted_policies: tuple[str, ...] = ()
    """Digests of earlier redactions whose rows may still be used."""
    generator: str = "smollm2-135m-instruct-q4_1"
    """Name of the generator in the manifest."""
    adapter: str = ""
    """Name of an adapter of that generator, which `adapter list` shows; empty for none."""
    ingest: IngestSettings = IngestSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answering: AnsweringSettings = AnsweringSettings()
    audit: AuditSettings = AuditSettings()
    reveal: RevealSettings = RevealSettings()
    access: AccessSettings = AccessSettings()
    collections: dict[CollectionName, CollectionSettings] = {}
    """Rights by collection."""

    @property
    def has_rights(self) -> bool:
        """Whether the file says who may do what: then nobody else may do anything."""
        return "access" in self.model_fields_set or bool(self.collections)


def load_settings(path: Path) -> Settings:
    """Read and check a settings file.

    Raises:
        ConfigError: unreadable, not TOML, an unknown key (with the nearest name) or a bad value.
        FormatError: a format of another version.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    check_format(table.get("format"), path.name)
    return parse_settings(_with_environment(table), str(path))


def parse_settings(table: dict[str, Any], origin: str) -> Settings:
    """Turn a parsed TOML table into settings; `origin` names the file in errors."""
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise ConfigError(
                f"{origin}: unknown key {where}",
                code="config.unknown_key",
                hint=_nearest(first["loc"]),
            ) from None
        raise ConfigError(f"{origin}: {where}: {first['msg']}", code="config.value") from None


def starter_settings(workspace_id: str) -> str:
    """Return the text of a new settings file."""
    return (
        "# Settings of this secure_rag workspace; see docs/reference/settings.md.\n"
        f"format = {FORMAT}\n"
        f'workspace_id = "{workspace_id}"\n'
        'policy = "default"\n'
    )


def policy_in_force(settings_file: Path | None) -> str:
    """Return the name or file of the policy in force, in a workspace or (None) outside of one.

    Raises:
        ConfigError: the settings cannot be used.
    """
    if settings_file is not None:
        return load_settings(settings_file).policy
    default: str = Settings.model_fields["policy"].default
    return os.environ.get(POLICY_VARIABLE) or default


def _with_environment(table: dict[str, Any]) -> dict[str, Any]:
    """Overlay `SECURE_RAG_POLICY`, `SECURE_RAG_GENERATOR` and `SECURE_RAG_ADAPTER`."""
    merged = dict(table)
    for key in ("policy", "generator", "adapter"):
        value = os.environ.get(f"SECURE_RAG_{key.upper()}")
        if value:
            merged[key] = value
    return merged


def _nearest(location: tuple[int | str, ...]) -> str | None:
    model: type[BaseModel] = Settings
    for part in location[:-1]:
        # a name that the user chose, such as that of a collection, stands below its table
        if str(part) in model.model_fields:
            model = table_model(model.model_fields[str(part)].annotation) or model
    close = difflib.get_close_matches(str(location[-1]), model.model_fields, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else "see docs/reference/settings.md"


def table_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a table, or of the tables below names that the user chooses."""
    candidates = (annotation, *get_args(annotation))
    return next(
        (one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None
    )
