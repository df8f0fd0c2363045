"""Every shipped rule: one stream on which it fires and one, close to it, on which it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from secure_rag.audit import events, log_events
from secure_rag.audit.anomalies import Anomalies, Anomaly
from secure_rag.audit.canonical import decode
from secure_rag.audit.event import Event
from secure_rag.audit.overview import survey
from secure_rag.audit.record import Author, Moment, event_line
from secure_rag.audit.rules import load_rules
from secure_rag.audit.verdict import Statement, VerifyReport
from secure_rag.errors import ConfigError
from tests.unit.audit.audit_support import ROOT, Made

RULES = ROOT / "audit" / "rules"
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
NAMES = [f"<PERSON_{number:010d}>" for number in range(12)]


@dataclass(frozen=True)
class At:
    """An event at a minute after Monday, ten o'clock; by whom, in which boot."""

    minute: float
    event: Event
    user: str = "mara"
    boot: str = "b1"
    booted: float = -600
    """Minute at which the machine was started."""

    def record(self, seq: int) -> dict[str, object]:
        author = Author("s1", self.user, 1000, "", self.boot)
        wall = int((MONDAY.timestamp() + self.minute * 60) * 1_000_000)
        since_boot = int((self.minute - self.booted) * 60_000_000)
        return decode(event_line(seq, author, self.event, Moment(wall, since_boot)))


def granted(*minutes: float, each: int = 1, user: str = "mara") -> list[At]:
    event = events.RevealGranted(placeholders=NAMES[:each])
    return [At(minute, event, user) for minute in minutes]


def denied(*minutes: float, user: str = "mara") -> list[At]:
    event = events.RevealDenied(placeholders=NAMES[:1], reason="vault.unknown_placeholder")
    return [At(minute, event, user) for minute in minutes]


def refused(count: int, apart: float) -> list[At]:
    event = events.DocumentQuarantined(document_id="d1", reason="document.encrypted")
    return [At(number * apart, event) for number in range(count)]


def seen(minute: float, *documents: str, user: str = "mara") -> At:
    event = events.PassagesRetrieved(query_id="q", chunks=["x#1"], documents=documents)
    return At(minute, event, user)


def known(count: int, days: float = 8) -> list[At]:
    """A user who has seen documents for some days."""
    return [seen(-days * 1440 + n, f"d{n}") for n in range(count)]


def beat(minute: float, promised: int = 15, boot: str = "b1", booted: float = -600) -> At:
    return At(minute, log_events.Heartbeat(promised_minutes=promised), "mara", boot, booted)


STEP = events.ClockStepped(direction="backward", milliseconds=60_000)
PRUNED = events.LogPruned(
    segments=1, first=9, root="0f", sha256="0f", before="2026-01-01T00:00:00.000000Z", reason="plan"
)
TORN = log_events.LogRecovered(first=3, lines=1, bytes=40, sha256="0f" * 32)
QUIET = events.AnswerRefused(query_id="q", reason="no_passages")
CASES: dict[str, tuple[str, list[At], int]] = {
    "ten values in 15 minutes": ("reveal-burst", granted(*range(10)), 1),
    "ten values in one request": ("reveal-burst", granted(0, each=10), 1),
    "a burst that goes on is one": ("reveal-burst", granted(*range(14)), 1),
    "two bursts are two": ("reveal-burst", granted(0, 60, each=10), 2),
    "nine values": ("reveal-burst", granted(*range(9)), 0),
    "ten values in 18 minutes": ("reveal-burst", granted(*range(0, 20, 2)), 0),
    "ten values, two users": (
        "reveal-burst", granted(*range(5)) + granted(*range(5), user="jan"), 0),
    "three denied in an hour": ("reveal-denied", denied(0, 20, 40), 1),
    "two denied": ("reveal-denied", denied(0, 20), 0),
    "three denied, slowly": ("reveal-denied", denied(0, 40, 80), 0),
    "twenty quarantined": ("quarantine-burst", refused(20, 1), 1),
    "nineteen quarantined": ("quarantine-burst", refused(19, 1), 0),
    "twenty, slowly": ("quarantine-burst", refused(20, 4), 0),
    "at night": ("off-hours", granted(12 * 60), 1),
    "twice a night is one": ("off-hours", granted(12 * 60, 12 * 60 + 5), 1),
    "on Sunday": ("off-hours", granted(-1440), 1),
    "at noon on Monday": ("off-hours", granted(120), 0),
    "on the first minute": ("off-hours", granted(-240), 0),
    "on the last minute": ("off-hours", granted(600), 1),
    "another type at night": ("off-hours", [At(12 * 60, QUIET)], 0),
    "a new document": ("first-time-document", [*known(20), seen(0, "new", "d1")], 1),
    "a known document": ("first-time-document", [*known(20), seen(0, "d1")], 0),
    "a new user": ("first-time-document", [*known(19), seen(0, "new")], 0),
    "a new week": ("first-time-document", [*known(20, days=6), seen(0, "new")], 0),
    "another user's document": (
        "first-time-document", [*known(20), seen(0, "new", user="jan")], 0),
    "a step": ("clock-step", [At(0, STEP)], 1),
    "no step": ("clock-step", [At(0, QUIET)], 0),
    "unsafe policy": ("unsafe-option", [At(0, events.UnsafeUsed(option="unsafe-keep-all"))], 1),
    "safe policy": ("unsafe-option", [At(0, QUIET)], 0),
    "pruned": ("log-pruned", [At(0, PRUNED)], 1),
    "not pruned": ("log-pruned", [At(0, QUIET)], 0),
    "torn write": ("interrupted-write", [At(0, TORN)], 1),
    "whole write": ("interrupted-write", [At(0, QUIET)], 0),
    "silence": ("missing-heartbeat", [beat(0), beat(31)], 1),
    "one late beat": ("missing-heartbeat", [beat(0), beat(30)], 0),
    "other events count": ("missing-heartbeat", [beat(0), At(20, QUIET), beat(40)], 0),
    "nothing promised": ("missing-heartbeat", [beat(0, 0), beat(300, 0)], 0),
    "machine was off": ("missing-heartbeat", [beat(0), beat(300, boot="b2", booted=290)], 0),
    "silence after start": ("missing-heartbeat", [beat(0), beat(300, boot="b2", booted=200)], 1),
}  # fmt: skip


def flags(rule: str, stream: list[At]) -> list[Anomaly]:
    anomalies = Anomalies([one for one in load_rules(RULES) if one.name == rule])
    for seq, at in enumerate(stream):
        anomalies.add(seq, at.record(seq))
    return anomalies.found()


@pytest.mark.parametrize("case", CASES)
def test_rule_fires_on_its_case_and_not_beside_it(case: str) -> None:
    rule, stream, expected = CASES[case]
    found = flags(rule, stream)
    assert len(found) == expected, [one.text for one in found]
    assert all(one.rule == rule and one.records and one.text for one in found)


def test_rule_failed_verify_fires_on_a_bad_verdict_only() -> None:
    for failed, expected in (([], 0), ([Statement("checkpoint.root", "changed")], 1)):
        anomalies = Anomalies([one for one in load_rules(RULES) if one.name == "failed-verify"])
        anomalies.judge(VerifyReport(failed=failed, first_bad=3))
        assert [one.records for one in anomalies.found()] == [[3]] * expected


def test_rules_every_shipped_one_has_a_case_that_fires_and_one_that_does_not() -> None:
    shipped = {path.stem for path in RULES.glob("*.toml")} - {"failed-verify"}
    assert {rule for rule, _, count in CASES.values() if count} == shipped
    assert {rule for rule, _, count in CASES.values() if not count} == shipped


def test_rules_every_shipped_one_says_why_and_names_known_events() -> None:
    for path in RULES.glob("*.toml"):
        assert path.read_text().startswith("# ")
    for rule in load_rules():
        assert set(rule.types) <= events.CATALOGUE.keys(), rule.name


def _broken() -> Iterator[tuple[str, str]]:
    base = 'title = "t"\nseverity = "low"\n'
    yield "no table", base + 'kind = "burst"\ntypes = ["a"]\n'
    yield "wrong table", base + 'kind = "each"\ntypes = ["a"]\n[silence]\n'
    yield "no types", base + 'kind = "each"\n'
    yield "unknown key", base + 'kind = "each"\ntypes = ["a"]\nwhen = 3\n'
    yield "no toml", "title ="
    yield "zero", base + 'kind = "burst"\ntypes = ["a"]\n[burst]\ncount = 0\nminutes = 5\n'


@pytest.mark.parametrize(("case", "text"), list(_broken()), ids=lambda value: str(value)[:12])
def test_rules_that_cannot_be_used_are_a_config_error(case: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text(text)
    with pytest.raises(ConfigError, match="broken"):
        load_rules(tmp_path)


def test_rules_empty_folder_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_rules(tmp_path)


def test_survey_counts_what_stands_in_the_log(used: Made) -> None:
    found = survey(used.folder, load_rules())
    assert found.verdict.ok and found.unproven == 0
    assert found.kinds["answer.refused"] == 9 and found.events == 10
    assert sum(found.days.values()) == sum(found.users.values()) == found.events
    assert not [one for one in found.anomalies if one.severity == "high"]


def test_survey_changed_log_is_flagged_and_unproven(used: Made) -> None:
    data = used.segment.read_bytes()
    used.segment.write_bytes(data.replace(b'"q1"', b'"q7"', 1))
    found = survey(used.folder, load_rules())
    assert not found.verdict.ok and found.unproven == 9
    assert found.anomalies[0].rule == "failed-verify"
