"""Names and questions in another encoding, or several at once, are refused and not "nobody"."""

from __future__ import annotations

import pytest

from tests.conftest import Sandbox, secure_rag

LATIN = "René Müller\n".encode("latin-1")
ESCAPED = "Ren\udce9"
"""How Python gives an argument whose bytes are no UTF-8."""
REASON = ("--reason", "request 14")
FROM_STDIN = {
    "subject find": ("subject", "find", "-"),
    "audit find": ("audit", "find", "-", *REASON),
    "ask": ("ask", "-"),
    "redact": ("redact", "-"),
    "policy explain": ("policy", "explain", "-"),
}
AS_ARGUMENT = {
    "subject find": ("subject", "find", ESCAPED),
    "subject erase": ("subject", "erase", ESCAPED, "--yes"),
    "audit find": ("audit", "find", ESCAPED, *REASON),
    "audit find, reason": ("audit", "find", "Anna Novak", "--reason", ESCAPED),
    "audit hold, reason": ("audit", "hold", "--set", "--reason", ESCAPED),
    "reveal": ("reveal", ESCAPED, *REASON),
    "ask": ("ask", ESCAPED),
    "search": ("search", ESCAPED),
    "name": ("index", "add", "-", "--name", ESCAPED),
    "label": ("index", "add", ".", "--label", ESCAPED),
}


@pytest.mark.parametrize("case", FROM_STDIN)
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_stdin_that_is_not_utf8_is_4_with_the_way_out(
    sandbox: Sandbox, case: str, locale: str
) -> None:
    done = sandbox.run(*FROM_STDIN[case], "--json", stdin=LATIN, env={"LC_ALL": locale})
    assert (done.code, done.error["code"], done.out) == (4, "input.encoding", "")
    assert "iconv" in done.error["hint"]


@pytest.mark.parametrize("case", AS_ARGUMENT)
def test_argument_that_is_not_utf8_is_4(sandbox: Sandbox, case: str) -> None:
    done = sandbox.run(*AS_ARGUMENT[case], "--json", stdin="x\n")
    assert (done.code, done.error["code"], done.out) == (4, "input.encoding", "")


def test_utf8_name_on_stdin_is_looked_for_in_every_locale(sandbox: Sandbox) -> None:
    sandbox.ok("index", "add", "-", "--name", "a.txt", stdin="Please ring Zoë Müller today.\n")
    for env in ({}, {"LC_ALL": "C"}):
        done = sandbox.run("subject", "find", "-", "--json", stdin="Zoë Müller\n", env=env)
        assert done.code == 0 and len(done.json["subjects"]) == 1, done.err


@pytest.mark.parametrize("value", ["Anna Novak\nChidi Okafor\n", "Anna Novak\r\nChidi Okafor"])
def test_list_of_names_is_2_and_not_nobody(sandbox: Sandbox, value: str) -> None:
    for done in (
        sandbox.run("subject", "find", "-", "--json", stdin=value),
        sandbox.run("subject", "find", value, "--json"),
    ):
        assert (done.code, done.error["code"], done.out) == (2, "usage", "")


def test_several_lines_are_one_question_to_audit_find_and_it_says_so(sandbox: Sandbox) -> None:
    done = sandbox.run("audit", "find", "-", *REASON, "--json", stdin="Anna Novak\nOkafor\n")
    assert done.code == 0 and "several lines" in done.err


@pytest.mark.parametrize(("value", "code"), [("Anna\0Novak", 2), ("a" * 10_001, 4)])
def test_value_that_no_name_can_be_is_refused(sandbox: Sandbox, value: str, code: int) -> None:
    for command in (("subject", "find", "-"), ("audit", "find", "-", *REASON)):
        done = sandbox.run(*command, "--json", stdin=value)
        assert (done.code, done.out) == (code, ""), done.err


def test_chat_refuses_a_line_that_is_not_utf8_and_goes_on(sandbox: Sandbox) -> None:
    done = sandbox.run("chat", "--json", stdin=LATIN + b"/policy\n")
    assert done.code == 0 and "input.encoding" in done.err
    assert [line["schema"] for line in done.lines] == ["secure-rag/policy/1"]


def test_byte_order_mark_is_no_part_of_the_text() -> None:
    done = secure_rag("redact", "-", "--json", stdin=b"\xef\xbb\xbfa@b-house.example\n")
    assert done.json["findings"][0]["start"] == 0 and not done.json["text"].startswith("\ufeff")
