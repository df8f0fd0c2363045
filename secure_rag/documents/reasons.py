"""Why a document is not read: every quarantine code with its sentence and hint."""

from __future__ import annotations

from secure_rag.errors import DocumentError

REASONS: dict[str, tuple[str, str]] = {
    "document.bomb": (
        "the file unpacks to far more than its size",
        "unpack it elsewhere, check what it is, and save it again",
    ),
    "document.crashed": (
        "the parser ended while reading the file",
        "open the file in its own program and save it again",
    ),
    "document.empty": (
        "the file has no text",
        "nothing to do, unless text was expected",
    ),
    "document.encoding": (
        "the file's character encoding is uncertain",
        "save it again as UTF-8",
    ),
    "document.encrypted": (
        "the file is encrypted",
        "remove the password and add it again",
    ),
    "document.image_only": (
        "a page has images but no text layer",
        "run text recognition (OCR) on it and add it again",
    ),
    "document.time_out": (
        "the file takes too long to read",
        "split it, or raise `parse_timeout_s` in secure-rag.toml",
    ),
    "document.too_large": (
        "the file is larger than the limits allow",
        "split it, or raise `max_file_mb` or `parse_memory_mb` in secure-rag.toml",
    ),
    "document.unreadable": (
        "the file is damaged, or nested too deeply",
        "open it in its own program and save it again",
    ),
    "document.unsupported": (
        "files of this format are not read",
        "convert it to PDF, DOCX, HTML or plain text",
    ),
    "document.wrong_type": (
        "the file's content does not fit its name",
        "give it the suffix of what it is",
    ),
}


def refusal(code: str) -> DocumentError:
    """Build the error for a code of `REASONS`; its words never come from the document."""
    sentence, hint = REASONS[code]
    return DocumentError(sentence, code=code, hint=hint)
