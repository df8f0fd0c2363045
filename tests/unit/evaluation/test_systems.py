"""What is measured: our redactor with its models, over one process and several."""

from __future__ import annotations

import pytest

from secure_rag.evaluation.labelled import LabelledText
from secure_rag.evaluation.run import run
from secure_rag.evaluation.systems import OURS, STOCK, Redaction, SystemSetup
from secure_rag.policy.loader import load_policy, parse_policy

TEXT = "Please call Margaret Thompson on 020 7946 0958 or write to m.thompson@example.com."
KEEPS_MAIL = """\
format: 1
name: keeps-mail
rules:
  - {entity: EMAIL_ADDRESS, action: keep, reason: test}
"""


@pytest.fixture(scope="module")
def ours() -> Redaction:
    return Redaction(load_policy("strict"), None, sweeps=True)


def test_find_hides_names_and_numbers_in_order(ours: Redaction) -> None:
    found = ours.find(TEXT, "body")
    hidden = {TEXT[one.start : one.end]: one.entity for one in found}
    assert hidden["Margaret Thompson"] == "PERSON"
    assert hidden["m.thompson@example.com"] == "EMAIL_ADDRESS"
    assert [one.start for one in found] == sorted(one.start for one in found)


def test_sweep_hides_less_as_the_threshold_rises(ours: Redaction) -> None:
    swept = ours.sweep(TEXT, "body", (0.05, 0.5, 0.999))
    lengths = [sum(one.end - one.start for one in found) for found in swept]
    assert lengths == sorted(lengths, reverse=True) and lengths[0] > lengths[2]
    low = {TEXT[one.start : one.end] for one in swept[0]}
    assert {"Margaret Thompson", "m.thompson@example.com"} <= low


def test_find_leaves_out_what_the_policy_keeps() -> None:
    system = SystemSetup(OURS, parse_policy(KEEPS_MAIL)).build()
    assert "EMAIL_ADDRESS" not in {one.entity for one in system.find(TEXT, "body")}


def test_run_over_two_processes_finds_what_one_finds_in_order() -> None:
    texts = [LabelledText(f"Card 4111 1111 1111 1111, copy {n}.", (), number=n) for n in range(9)]
    setup = SystemSetup(STOCK)
    one, two = run(setup, texts, workers=1), run(setup, texts, workers=2)
    assert [found.number for found in two] == list(range(9))
    assert [found.spans for found in one] == [found.spans for found in two]
    assert all(found.spans for found in one)
