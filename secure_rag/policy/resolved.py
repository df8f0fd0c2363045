"""A resolved policy written out as YAML: nothing inherited, no file named, the same digest."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, Final

import yaml

from secure_rag.policy.model import (
    DEFAULT_GATE_THRESHOLD,
    DEFAULT_THRESHOLD,
    FORMAT,
    Linking,
    Policy,
    Rule,
)
from secure_rag.policy.recognizers import (
    DEFAULT_DENY_SCORE,
    DEFAULT_SCORE,
    AllowList,
    Recognizer,
)
from secure_rag.policy.strict_yaml import scalar

_RULE_KEYS: Final = (
    "id",
    "entity",
    "group",
    "action",
    "to",
    "keep_last",
    "threshold",
    "context",
    "fields",
    "collections",
    "labels",
    "reason",
)


def to_yaml(policy: Policy) -> str:
    """Return the policy as one file that says everything itself."""
    table = _filled(
        format=FORMAT,
        name=policy.name,
        language=policy.language,
        default_action=policy.default_action,
        threshold=_unless(policy.default_threshold, DEFAULT_THRESHOLD),
        gate=_filled(
            threshold=_unless(policy.gate_threshold, DEFAULT_GATE_THRESHOLD),
            refuse=_list(policy.gate_refuse),
        ),
        linking=_linking(policy.linking),
        quarantine=_filled(
            entities=_list(policy.quarantine.entities), flags=_list(policy.quarantine.flags)
        ),
        recognizers=[*map(_recognizer, policy.recognizers), *map(_allow_list, policy.allow_lists)],
    )
    head = "".join(_lines(table, ""))
    rules = "".join(_rule_text(rule) for rule in policy.rules)
    return f"{head}rules:{'' if rules else ' []'}\n{rules}"


def _rule_text(rule: Rule) -> str:
    """Return one rule, with a comment where it was inherited."""
    values = _filled(**{key: _plain(getattr(rule, key)) for key in _RULE_KEYS})
    comment = f"  # from {rule.origin}\n" if rule.origin else ""
    return comment + "".join(_item(values, "  "))


def _recognizer(one: Recognizer) -> dict[str, Any]:
    default = DEFAULT_DENY_SCORE if one.words else DEFAULT_SCORE
    scores = {expression.score for expression in one.expressions}
    score = one.word_score if one.words else next(iter(scores)) if len(scores) == 1 else None
    regex: Any = [
        expression.regex
        if len(scores) == 1
        else {"regex": expression.regex, "score": expression.score}
        for expression in one.expressions
    ]
    ignores_case = not one.expressions or one.expressions[0].flags & re.IGNORECASE
    return _filled(
        name=one.name,
        entity=one.entity,
        regex=regex[0] if len(regex) == 1 and len(scores) == 1 else regex,
        deny_list=_list(one.words),
        score=_unless(score, default),
        context=_list(one.context),
        needs_context=one.only_with_context,
        validator=one.validator,
        match_case=one.match_case or not ignores_case,
    )


def _allow_list(one: AllowList) -> dict[str, Any]:
    key = "unsafe_allow_list" if one.is_unsafe else "allow_list"
    return {"name": one.name, "entity": one.entity, key: list(one.values)}


def _linking(linking: Linking) -> dict[str, Any]:
    usual = Linking()
    sets = [list(names) for names in linking.nickname_sets]
    return {
        key: getattr(linking, key)
        for key in ("short_names", "nicknames")
        if getattr(linking, key) != getattr(usual, key)
    } | _filled(nickname_sets=sets)


def _unless(value: float | None, default: float) -> float | None:
    return None if value == default else value


def _list(values: tuple[str, ...] | None) -> list[str] | None:
    return list(values) if values else None


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _filled(**values: Any) -> dict[str, Any]:
    return {
        key: value
        for key, value in values.items()
        if isinstance(value, float) or (value is not False and value not in (None, [], {}))
    }


def _lines(table: dict[str, Any], indent: str) -> Iterator[str]:
    """Yield the lines of a mapping: short lists in one line, mappings below each other."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:\n"
            yield from _lines(value, f"{indent}  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{indent}{key}:\n"
            for one in value:
                yield from _item(one, f"{indent}  ")
        else:
            yield f"{indent}{key}: {_flow(value)}\n"


def _item(table: dict[str, Any], indent: str) -> Iterator[str]:
    """Yield the lines of a mapping that is an item of a list."""
    for number, line in enumerate(_lines(table, f"{indent}  ")):
        yield f"{indent}- {line[len(indent) + 2 :]}" if number == 0 else line


class _Dumper(yaml.SafeDumper):
    """Quotes also what only the core schema of YAML 1.2 reads as a number: `12E4`."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None if isinstance(scalar(value), str) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)


_Dumper.add_representer(str, _text)


def _flow(value: Any) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, width=sys.maxsize, default_flow_style=True
    )
    return text.removesuffix("\n").removesuffix("\n...")
