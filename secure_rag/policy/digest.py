"""The digest of a policy: SHA-256 over what it decides, not over how it is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from secure_rag.policy.model import (
    DEFAULT_GATE_THRESHOLD,
    DEFAULT_THRESHOLD,
    FORMAT,
    Rule,
)


def resolved_form(
    *,
    name: str,
    language: str,
    default_action: str,
    default_threshold: float,
    gate_threshold: float,
    rules: Sequence[Rule],
) -> dict[str, Any]:
    """Return what a policy decides as plain values, defaults omitted.

    Comments, reasons, line numbers, key order and the order of `fields` do not count; the
    name, the rules' ids and their order do, because findings and events refer to them.
    """
    form: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "language": language,
        "default_action": default_action,
        "rules": [_rule_form(rule) for rule in rules],
    }
    if default_threshold != DEFAULT_THRESHOLD:
        form["threshold"] = _number(default_threshold)
    if gate_threshold != DEFAULT_GATE_THRESHOLD:
        form["gate"] = {"threshold": _number(gate_threshold)}
    return form


def digest_of(form: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON of a resolved form."""
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _rule_form(rule: Rule) -> dict[str, Any]:
    form: dict[str, Any] = {"id": rule.id, "action": rule.action}
    for key in ("entity", "group", "keep_last", "to"):
        value = getattr(rule, key)
        if value is not None:
            form[key] = value
    if rule.threshold is not None:
        form["threshold"] = _number(rule.threshold)
    if rule.fields is not None:
        form["fields"] = sorted(rule.fields)
    return form


def _number(value: float) -> str:
    # Floats have no canonical JSON form; four decimals are what the loader accepts.
    return f"{value:.4f}"
