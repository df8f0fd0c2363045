"""The JSON Schema of a policy, for editors; the reader stays the judge.

A schema cannot say everything: unreachable rules, patterns that backtrack, files and parents are
checked by `policy check` only.
"""

from __future__ import annotations

from typing import Any, Final

from secure_rag.policy.entities import ENTITIES, GENERALISATIONS, GROUPS
from secure_rag.policy.model import ACTIONS, FORMAT, LANGUAGES
from secure_rag.policy.reader import FLAGS
from secure_rag.policy.recognizers import VALIDATORS
from secure_rag.policy.rule_reader import MAX_KEEP_LAST, NAME
from secure_rag.values import FIELDS

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NAME: Final = {"type": "string", "pattern": f"^{NAME.pattern}$"}
_FRACTION: Final = {"type": "number", "minimum": 0, "maximum": 1}
_WORDS: Final = {
    "type": "array",
    "items": {"type": "string", "minLength": 1},
    "minItems": 1,
    "uniqueItems": True,
}
_LIST: Final = {"oneOf": [{"type": "string", "description": "a file beside the policy"}, _WORDS]}
_MANY: Final = {"enum": [*ENTITIES, *GROUPS]}


def policy_schema() -> dict[str, Any]:
    """Return the schema as a JSON value."""
    properties: dict[str, Any] = {
        "format": {"const": FORMAT},
        "name": _NAME | {"description": "the file is called like it"},
        "extends": _NAME | {"description": "the policy whose rules follow those of this file"},
        "language": {"enum": [*LANGUAGES]},
        "default_action": {"enum": [action for action in ACTIONS if action != "generalise"]},
        "threshold": _FRACTION | {"description": "findings that score less are ignored"},
        "gate": _mapping({"threshold": _FRACTION, "refuse": _array(_MANY)}),
        "linking": _mapping(
            {
                "short_names": {"type": "boolean"},
                "nicknames": {"type": "boolean"},
                "nickname_file": {"type": "string"},
                "nickname_sets": {"type": "array", "items": _WORDS | {"minItems": 2}},
            }
        ),
        "quarantine": _mapping({"entities": _array(_MANY), "flags": _array({"enum": [*FLAGS]})}),
        "recognizers": {"type": "array", "items": _recognizer()},
        "rules": {"type": "array", "items": _rule()},
    }
    schema = _mapping(properties, required=("format", "name"))
    return {
        "$schema": _DIALECT,
        "title": "Redaction policy",
        **schema,
        "anyOf": [{"required": ["rules"]}, {"required": ["extends"]}],
    }


def _rule() -> dict[str, Any]:
    forms = sorted({form for options in GENERALISATIONS.values() for form in options})
    properties: dict[str, Any] = {
        "id": _NAME,
        "entity": {"enum": [*ENTITIES]},
        "group": {"enum": [*GROUPS]},
        "action": {"enum": [*ACTIONS]},
        "to": {"enum": forms},
        "keep_last": {"type": "integer", "minimum": 1, "maximum": MAX_KEEP_LAST},
        "threshold": _FRACTION,
        "context": _WORDS,
        "fields": _array({"enum": [*FIELDS]}),
        "collections": _WORDS,
        "labels": _WORDS,
        "reason": {"type": "string"},
    }
    return _mapping(properties, required=("action",)) | {
        "oneOf": [{"required": ["entity"]}, {"required": ["group"]}],
        "allOf": [
            _only_with("to", "generalise"),
            _only_with("keep_last", "mask"),
            *(_forms_of(entity, options) for entity, options in GENERALISATIONS.items()),
        ],
    }


def _only_with(key: str, action: str) -> dict[str, Any]:
    return {
        "if": {"required": [key]},
        "then": {"properties": {"action": {"const": action}}},
    }


def _forms_of(entity: str, options: tuple[str, ...]) -> dict[str, Any]:
    return {
        "if": {"required": ["entity"], "properties": {"entity": {"const": entity}}},
        "then": {"properties": {"to": {"enum": [*options]}}},
    }


def _recognizer() -> dict[str, Any]:
    regex = {"type": "string", "minLength": 1}
    scored = _mapping({"regex": regex, "score": _FRACTION}, required=("regex", "score"))
    named: dict[str, Any] = {"name": _NAME, "entity": {"enum": [*ENTITIES]}}
    found: dict[str, Any] = named | {
        "score": _FRACTION,
        "context": _WORDS,
        "needs_context": {"type": "boolean"},
        "match_case": {"type": "boolean"},
    }
    several = {"type": "array", "minItems": 1, "items": {"oneOf": [regex, scored]}}
    return {
        "oneOf": [
            _mapping(
                found
                | {"regex": {"oneOf": [regex, several]}, "validator": {"enum": [*VALIDATORS]}},
                required=("name", "entity", "regex"),
            ),
            _mapping(found | {"deny_list": _LIST}, required=("name", "entity", "deny_list")),
            _mapping(named | {"allow_list": _LIST}, required=("name", "entity", "allow_list")),
            _mapping(
                named | {"unsafe_allow_list": _LIST},
                required=("name", "entity", "unsafe_allow_list"),
            ),
            _mapping(
                {
                    "presidio_file": {"type": "string"},
                    "entities": {
                        "type": "object",
                        "additionalProperties": {"enum": [*ENTITIES]},
                    },
                    "predefined": {"enum": ["ignore", "refuse"]},
                },
                required=("presidio_file",),
            ),
        ]
    }


def _mapping(properties: dict[str, Any], *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        **({"required": [*required]} if required else {}),
    }


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}
