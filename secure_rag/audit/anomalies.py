"""Flag what a reviewer should look at: one pass over the events, by the rules of a folder.

Deterministic and local: the same log and rules give the same flags. A flag is no verdict.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.log_events import Heartbeat
from secure_rag.audit.record import parse_time
from secure_rag.audit.rules import DAYS, Rule
from secure_rag.audit.verdict import VerifyReport

MAX_RECORDS = 20
"""Records that a flag names; more are counted only."""
_MINUTE_US = 60 * 1_000_000
_SEVERITIES = ("high", "medium", "low")


@dataclass
class Anomaly:
    """One flag: which rule, who, when and which records."""

    rule: str
    severity: str
    title: str
    text: str
    time: str = ""
    who: str = ""
    records: list[int] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule, "severity": self.severity, "title": self.title, "text": self.text,
            "time": self.time, "who": self.who, "records": self.records,
        }  # fmt: skip


class Watch(ABC):
    """One rule at work on a stream of events."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.found: list[Anomaly] = []

    def add(self, seq: int, found: dict[str, Any]) -> None:
        """Take in an event, if the rule looks at its type."""
        if not self.rule.types or found["type"] in self.rule.types:
            self.see(seq, found)

    @abstractmethod
    def see(self, seq: int, found: dict[str, Any]) -> None:
        """Take in an event that the rule looks at."""

    def flag(self, text: str, seq: int, found: dict[str, Any]) -> Anomaly:
        """Add a flag that names one record."""
        rule = self.rule
        anomaly = Anomaly(
            rule.name, rule.severity, rule.title, text, found["time"], _who(found), [seq]
        )
        self.found.append(anomaly)
        return anomaly


class EachWatch(Watch):
    """Flags every event."""

    def see(self, seq: int, found: dict[str, Any]) -> None:
        self.flag(f"{found['type']} by {_who(found)}", seq, found)


class BurstWatch(Watch):
    """Flags the moment where enough stand within the minutes; a burst that goes on is one flag."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._recent: dict[str, deque[tuple[int, int, int]]] = {}
        self._open: dict[str, tuple[Anomaly, int]] = {}

    def see(self, seq: int, found: dict[str, Any]) -> None:
        limits = self.rule.burst
        moment = _moment(found)
        if limits is None or moment is None:
            return
        key = _key(found, limits.by)
        weighed = found["data"].get(limits.weight) if limits.weight else None
        weight = len(weighed) if isinstance(weighed, list) else 1
        recent = self._recent.setdefault(key, deque())
        recent.append((moment, seq, weight))
        while moment - recent[0][0] > limits.minutes * _MINUTE_US:
            recent.popleft()
        if len(recent) == 1:
            self._open.pop(key, None)  # nothing of an earlier burst is near any more
        total = sum(item[2] for item in recent)
        if total < limits.count:
            self._open.pop(key, None)
            return
        if key in self._open:
            anomaly, before = self._open[key]
            total = before + weight
            anomaly.records = [*anomaly.records, seq][:MAX_RECORDS]
        else:
            anomaly = self.flag("", seq, found)
            anomaly.records = [item[1] for item in recent][:MAX_RECORDS]
        self._open[key] = (anomaly, total)
        anomaly.text = f"{total} within bursts of {limits.minutes} minutes ({_who(found)})"


class HoursWatch(Watch):
    """Flags events outside the hours, one flag for each user and day."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._days: dict[tuple[str, str], tuple[Anomaly, int]] = {}

    def see(self, seq: int, found: dict[str, Any]) -> None:
        hours = self.rule.hours
        if hours is None or _moment(found) is None:
            return
        utc = datetime.strptime(found["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
        try:
            local = utc + timedelta(minutes=hours.utc_offset_minutes)
        except OverflowError:  # at the end of the years that there are, nobody wrote it
            local = utc
        if DAYS[local.weekday()] in hours.days and hours.begin <= local.time() < hours.end:
            return
        key = (_who(found), local.date().isoformat())
        anomaly, count = self._days.get(key) or (self.flag("", seq, found), 0)
        if count:
            anomaly.records = [*anomaly.records, seq][:MAX_RECORDS]
        self._days[key] = (anomaly, count + 1)
        anomaly.text = f"{count + 1} on {key[1]}, first at {anomaly.time[11:16]} UTC ({key[0]})"


class FirstWatch(Watch):
    """Flags what stands in a list for the first time for somebody who has seen enough before."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._seen: dict[str, set[str]] = {}
        self._since: dict[str, int] = {}

    def see(self, seq: int, found: dict[str, Any]) -> None:
        first, moment = self.rule.first, _moment(found)
        named = found["data"].get(first.field) if first else None
        if first is None or moment is None or not isinstance(named, list) or not named:
            return
        key = _key(found, first.by)
        seen = self._seen.setdefault(key, set())
        begun = self._since.setdefault(key, moment)
        new = [text for text in map(str, named) if text not in seen]
        is_settled = len(seen) >= first.after and (
            moment - begun >= first.quiet_days * 1440 * _MINUTE_US
        )
        seen.update(map(str, named))
        if new and is_settled:
            shown = ", ".join(new[:3]) + (", ..." if len(new) > 3 else "")
            self.flag(f"{shown} ({_who(found)})", seq, found)


class SilenceWatch(Watch):
    """Flags stretches without events, from the first beat that promised the next one on."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._promised = 0
        self._last: tuple[int, str, int] | None = None

    def see(self, seq: int, found: dict[str, Any]) -> None:
        silence, moment = self.rule.silence, found["monotonic_us"]
        if silence is None:
            return
        if self._last is not None and self._promised:
            last, boot, before = self._last
            # A machine that was off promised nothing for that time.
            passed = moment - before if found["boot"] == boot else moment
            if passed * 100 > self._promised * _MINUTE_US * silence.factor_percent:
                text = (
                    f"{passed // _MINUTE_US} minutes of silence after record {last}; one every "
                    f"{self._promised} minutes was promised"
                )
                self.flag(text, seq, found)
        self._last = (seq, found["boot"], moment)
        if found["type"] == Heartbeat.TYPE:
            promised = found["data"].get("promised_minutes", 0)
            self._promised = promised if isinstance(promised, int) else 0


class VerdictWatch(Watch):
    """Flags what verification found wrong; it looks at no event."""

    def see(self, seq: int, found: dict[str, Any]) -> None:
        return

    def judge(self, report: VerifyReport) -> None:
        """Flag every failed statement."""
        rule = self.rule
        bad = [] if report.first_bad is None else [report.first_bad]
        for statement in report.failed:
            self.found.append(
                Anomaly(rule.name, rule.severity, rule.title, str(statement), records=list(bad))
            )


_WATCHES: dict[str, type[Watch]] = {
    "each": EachWatch,
    "burst": BurstWatch,
    "hours": HoursWatch,
    "first": FirstWatch,
    "silence": SilenceWatch,
    "verdict": VerdictWatch,
}


class Anomalies:
    """All rules at work; feed it every event, and the verdict."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._watches = [_WATCHES[rule.kind](rule) for rule in rules]

    def add(self, seq: int, found: dict[str, Any]) -> None:
        """Take in a record; checkpoints are no events."""
        if found["type"] != records.CHECKPOINT:
            for watch in self._watches:
                watch.add(seq, found)

    def judge(self, report: VerifyReport) -> None:
        """Take in what verification said."""
        for watch in self._watches:
            if isinstance(watch, VerdictWatch):
                watch.judge(report)

    def found(self) -> list[Anomaly]:
        """Return all flags, the gravest first, then by time."""
        flags: Iterable[Anomaly] = (flag for watch in self._watches for flag in watch.found)
        return sorted(flags, key=lambda flag: (_SEVERITIES.index(flag.severity), flag.time))


def _who(found: dict[str, Any]) -> str:
    return str(found["user"] or found["uid"])


def _key(found: dict[str, Any], by: str) -> str:
    return {"user": _who(found), "session": str(found["session"])}.get(by, "")


def _moment(found: dict[str, Any]) -> int | None:
    try:
        return parse_time(found["time"])
    except ValueError:
        return None
