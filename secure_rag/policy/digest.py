"""The digest of a policy: SHA-256 over what it decides, not over how it is written."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from secure_rag.policy.model import (
    DEFAULT_GATE_THRESHOLD,
    DEFAULT_THRESHOLD,
    FORMAT,
    Linking,
    Policy,
    Quarantine,
    Rule,
)
from secure_rag.policy.recognizers import AllowList, Recognizer


def resolved_form(policy: Policy) -> dict[str, Any]:
    """Return what a policy decides as plain values, defaults omitted, parents resolved.

    Comments, reasons, line numbers, key order and the order of lists do not count; the name,
    the rules' ids and their order do, because findings and events refer to them. Recognizers
    count with every pattern and word, wherever they were read from.
    """
    form: dict[str, Any] = {
        "format": FORMAT,
        "name": policy.name,
        "language": policy.language,
        "default_action": policy.default_action,
        "rules": [_rule_form(rule) for rule in policy.rules],
    }
    if policy.default_threshold != DEFAULT_THRESHOLD:
        form["threshold"] = _number(policy.default_threshold)
    form |= _filled(
        gate=_filled(
            threshold=_number(policy.gate_threshold)
            if policy.gate_threshold != DEFAULT_GATE_THRESHOLD
            else None,
            refuse=policy.gate_refuse and sorted(policy.gate_refuse),
        ),
        linking=_linking_form(policy.linking),
        quarantine=_quarantine_form(policy.quarantine),
        recognizers=sorted(map(_recognizer_form, policy.recognizers), key=_by_name),
        allow_lists=sorted(map(_allow_form, policy.allow_lists), key=_by_name),
    )
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
    for key in ("context", "fields", "collections", "labels"):
        names = getattr(rule, key)
        if names is not None:
            form[key] = sorted(names)
    return form


def _recognizer_form(one: Recognizer) -> dict[str, Any]:
    return {"name": one.name, "entity": one.entity} | _filled(
        expressions=[
            [expression.regex, _number(expression.score), expression.flags]
            for expression in one.expressions
        ],
        words=sorted(one.words),
        word_score=_number(one.word_score) if one.words else None,
        match_case=one.match_case,
        context=sorted(one.context),
        only_with_context=one.only_with_context,
        validator=one.validator,
    )


def _allow_form(one: AllowList) -> dict[str, Any]:
    return {"name": one.name, "entity": one.entity, "values": sorted(one.values)}


def _linking_form(linking: Linking) -> dict[str, Any]:
    usual = Linking()
    return {
        key: getattr(linking, key)
        for key in ("short_names", "nicknames")
        if getattr(linking, key) != getattr(usual, key)
    } | _filled(nickname_sets=sorted(sorted(names) for names in linking.nickname_sets))


def _quarantine_form(quarantine: Quarantine) -> dict[str, Any]:
    return _filled(entities=sorted(quarantine.entities), flags=sorted(quarantine.flags))


def _filled(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _by_name(form: dict[str, Any]) -> str:
    return str(form["name"])


def _number(value: float) -> str:
    # Floats have no canonical JSON form; four decimals are what the loader accepts.
    return f"{value:.4f}"
