"""Every error of the program, with its stable code, exit code and hint.

Exit codes are an interface (docs/reference/exit-codes.md); codes such as
`policy.unknown_entity` are stable for scripts, messages may change. No message
ever holds document text, a found value or an unredacted document path.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process ends with, whatever the output format."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    CONFIG = 3
    INPUT = 4
    ARTIFACT = 5
    REFUSED = 6
    BUG = 70
    INTERRUPTED = 130


class SecureRagError(Exception):
    """Root of all errors that are shown to the user in one sentence."""

    exit_code: ExitCode = ExitCode.BUG
    code: str = "internal"

    def __init__(self, message: str, *, hint: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code


class OutputClosedError(SecureRagError):
    """Whoever read the output has stopped (`… | head -1`): the program ends, and says nothing."""

    exit_code = ExitCode.OK
    code = "output.closed"


class SystemCallError(SecureRagError):
    """The system refused something: a folder that may not be written, a disk that is full."""

    exit_code = ExitCode.INPUT
    code = "system"


class InterruptedRunError(SecureRagError):
    """Somebody pressed Ctrl-C."""

    exit_code = ExitCode.INTERRUPTED
    code = "interrupted"


class UsageError(SecureRagError):
    """Wrong or contradictory arguments."""

    exit_code = ExitCode.USAGE
    code = "usage"


class ConfigError(SecureRagError):
    """Settings or a workspace that cannot be used."""

    exit_code = ExitCode.CONFIG
    code = "config"


class PolicyError(ConfigError):
    """A policy or case file that cannot be used; the message starts with `file:line:`."""

    code = "policy"


class InputError(SecureRagError):
    """Input that cannot be read."""

    exit_code = ExitCode.INPUT
    code = "input"


class DocumentError(InputError):
    """One document that cannot be read; `code` is the quarantine reason (`document.encrypted`)."""

    code = "document.unreadable"


class ArtifactError(SecureRagError):
    """Something local is missing or different from what was pinned."""

    exit_code = ExitCode.ARTIFACT
    code = "artifact"


class ModelMissingError(ArtifactError):
    """A model file that the manifest names is not on this machine."""

    code = "model.missing"


class DigestMismatchError(ArtifactError):
    """A file whose SHA-256 differs from the pinned one."""

    code = "model.digest"


class IndexMismatchError(ArtifactError):
    """An index made by another policy, model or format."""

    code = "index.mismatch"


class FormatError(ArtifactError):
    """A stored file of a format version this program does not read."""

    code = "format"


class RefusedError(SecureRagError):
    """Stopped for safety."""

    exit_code = ExitCode.REFUSED
    code = "refused"


class AuditUnavailableError(RefusedError):
    """The audit log cannot be written, so the act does not happen."""

    code = "audit.unavailable"


class IsolationError(RefusedError):
    """The kernel filter could not be set, or its self-test failed."""

    code = "isolation"


class VaultError(RefusedError):
    """The vault is locked, damaged, or did not issue this placeholder."""

    code = "vault"


class BackupError(RefusedError):
    """A backup that is damaged, opens with another key, or is not of its form."""

    code = "backup"


class ResidualFindingError(RefusedError):
    """The gate still saw something personal after the extra rounds of redaction."""

    code = "gate.residual"


class AdapterRefusedError(RefusedError):
    """An adapter that gives away what it was trained on, or was never asked whether it does."""

    code = "adapter.canaries"


def exit_code_of(error: BaseException) -> ExitCode:
    """Return what a process ends with that an error stops."""
    if isinstance(error, SecureRagError):
        return error.exit_code
    if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
        return ExitCode.INTERRUPTED
    # a broken pipe led to a process of ours that died: where a reader stops is an error of its own
    if isinstance(error, OSError) and error.errno and not isinstance(error, BrokenPipeError):
        return SystemCallError.exit_code
    return ExitCode.BUG
