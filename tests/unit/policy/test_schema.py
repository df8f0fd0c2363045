"""The JSON Schema for editors says what the reader says, as far as a schema can."""

from __future__ import annotations

import re
from typing import Any

import pytest

from secure_rag.policy.linking_reader import LINKING_KEYS
from secure_rag.policy.loader import policy_files
from secure_rag.policy.reader import POLICY_KEYS
from secure_rag.policy.recognizer_reader import ALL_KEYS
from secure_rag.policy.rule_reader import RULE_KEYS
from secure_rag.policy.schema import policy_schema
from secure_rag.policy.strict_yaml import Node, Source, parse
from secure_rag.resources import resource
from tests.unit.policy.broken_policies import BROKEN

SCHEMA = policy_schema()
STRUCTURAL = {
    "policy.unknown_key",
    "policy.missing_key",
    "policy.unknown_entity",
    "policy.unknown_flag",
    "policy.recognizer",
    "policy.value",
}
BEYOND = {
    "duplicate recognizer",
    "needs_context without context",
    "gate that refuses nothing",
    "item of one letter",
    "parent with a mistake",
}
"""Structural to us, but beyond a schema, or in another file."""
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


def value_of(text: str) -> Any:
    return plain(parse(text, Source("x.yaml", "policy")))


def is_valid(value: Any, schema: dict[str, Any]) -> bool:
    """Check a value against the keywords that our schema uses."""
    kind = schema.get("type")
    if kind and (
        not isinstance(value, _TYPES[kind])
        or (isinstance(value, bool) and kind in ("integer", "number"))
    ):
        return False
    plain_checks = [
        "const" not in schema or value == schema["const"],
        "enum" not in schema or value in schema["enum"],
        "pattern" not in schema or re.search(schema["pattern"], value) is not None,
        "minLength" not in schema or len(value) >= schema["minLength"],
        "minimum" not in schema or value >= schema["minimum"],
        "maximum" not in schema or value <= schema["maximum"],
    ]
    return all(plain_checks) and _inside(value, schema) and _combined(value, schema)


def _inside(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, dict):
        known = schema.get("properties", {})
        more = schema.get("additionalProperties", True)
        checks = [key in value for key in schema.get("required", ())]
        for key, item in value.items():
            if key in known:
                checks.append(is_valid(item, known[key]))
            elif isinstance(more, dict):
                checks.append(is_valid(item, more))
            else:
                checks.append(bool(more))
        return all(checks)
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            return False
        if schema.get("uniqueItems") and any(value.count(item) > 1 for item in value):
            return False
        return all(is_valid(item, schema.get("items", {})) for item in value)
    return True


def _combined(value: Any, schema: dict[str, Any]) -> bool:
    checks = [is_valid(value, part) for part in schema.get("allOf", ())]
    if "anyOf" in schema:
        checks.append(any(is_valid(value, part) for part in schema["anyOf"]))
    if "oneOf" in schema:
        checks.append(sum(is_valid(value, part) for part in schema["oneOf"]) == 1)
    if "if" in schema and is_valid(value, schema["if"]):
        checks.append(is_valid(value, schema["then"]))
    return all(checks)


@pytest.mark.parametrize("path", policy_files(resource("policies")), ids=lambda path: path.stem)
def test_schema_accepts_every_pack(path: Any) -> None:
    assert is_valid(value_of(path.read_text("utf-8")), SCHEMA)


@pytest.mark.parametrize(
    "situation",
    [
        name
        for name, (_, (place, code, _)) in BROKEN.items()
        if code in STRUCTURAL and place.count(":") == 1 and name not in BEYOND
    ],
)
def test_schema_refuses_what_the_reader_refuses(situation: str) -> None:
    assert not is_valid(value_of(BROKEN[situation][0]), SCHEMA)


@pytest.mark.parametrize(
    "rule",
    [
        "{entity: AGE, group: SECRETS, action: mask}",
        "{entity: AGE, action: drop, keep_last: 2}",
        "{entity: AGE, action: generalise, to: month}",
        "{entity: AGE, action: mask, fields: [body, body]}",
        "{action: mask}",
    ],
)
def test_schema_refuses_broken_rules(rule: str) -> None:
    assert not is_valid(value_of(f"format: 1\nname: mine\nrules:\n  - {rule}\n"), SCHEMA)


def test_schema_names_every_key_of_the_readers() -> None:
    properties = SCHEMA["properties"]
    assert set(properties) == set(POLICY_KEYS)
    assert set(properties["rules"]["items"]["properties"]) == set(RULE_KEYS)
    assert set(properties["linking"]["properties"]) == set(LINKING_KEYS)
    kinds = properties["recognizers"]["items"]["oneOf"]
    assert {key for kind in kinds for key in kind["properties"]} == set(ALL_KEYS)
