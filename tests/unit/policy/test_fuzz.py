"""Whatever the bytes of a file: a result, or an error with its place, and nothing else."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from secure_rag.errors import PolicyError
from secure_rag.policy.cases import parse_marks
from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.loader import parse_policy
from secure_rag.policy.strict_yaml import Node, Source, parse

_PIECES = st.sampled_from(
    ["format: 1\n", "name: mine\n", "rules:\n", "  - ", "entity: AGE\n", "    action: mask\n", "- ",
     "{", "}", "[", "]", ",", ": ", "&a ", "*a", "!!str ", "|\n", ">", "'", '"', "\\", "#", "\t",
     "? ", "---\n", "...\n", "%YAML 1.1\n", "0.5", "~", "\ufeff", "\x85", "é", "<<: ", "=", "\n"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=25).map("".join) | st.text(max_size=60))
@example("%YAML 9.9\n---\na: b")
@example("a: !<tag:yaml.org,2002:int> 1")
def test_parse_any_text_gives_nodes_or_policy_error(text: str) -> None:
    try:
        parse_policy(text)
    except PolicyError as error:
        assert error.message.startswith("policy.yaml:")


@settings(max_examples=200, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text("abc xyz", max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3),
    max_leaves=8,
))  # fmt: skip
def test_parse_written_yaml_gives_the_values_back(value: object) -> None:
    def plain(node: Node) -> object:
        if isinstance(node.value, dict):
            return {key: plain(item) for key, item in node.value.items()}
        if isinstance(node.value, list):
            return [plain(item) for item in node.value]
        return node.value

    # JSON is YAML, with every text in quotes.
    assert plain(parse(json.dumps(value), Source("x", "policy"))) == value


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(
    st.text("ab ()[]é\n:", max_size=6), st.text("xy z", min_size=1, max_size=6),
    st.sampled_from(sorted(ENTITIES)),
), max_size=4), st.text("ab ()é", max_size=5))  # fmt: skip
def test_marks_written_and_parsed_give_text_and_spans_back(
    parts: list[tuple[str, str, str]], tail: str
) -> None:
    def escape(text: str) -> str:
        return text.replace("[", r"\[").replace("]", r"\]")

    written = "".join(f"{escape(gap)}[{value}]({entity})" for gap, value, entity in parts) + tail
    text, marks = parse_marks(written, Node(None, 1, 1), Source("x", "cases"))
    assert text == "".join(gap + value for gap, value, _ in parts) + tail
    assert [(text[mark.start : mark.end], mark.entity) for mark in marks] == [
        (value, entity) for _, value, entity in parts
    ]
