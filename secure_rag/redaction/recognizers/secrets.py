"""All recognizers of secrets, ready to run."""

from __future__ import annotations

from typing import Final

from secure_rag.redaction.recognizers import (
    secret_assignments,
    secret_blocks,
    secret_connections,
    secret_headers,
    secret_passwords,
    secret_tokens,
)

PATTERNS: Final = (
    *secret_tokens.PATTERNS,
    *secret_headers.PATTERNS,
    *secret_assignments.PATTERNS,
    *secret_passwords.PATTERNS,
    *secret_connections.PATTERNS,
    *secret_blocks.PATTERNS,
)
