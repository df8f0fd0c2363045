"""What a review begins with: the verdict, counts by kind, day, user and policy, and flags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.anchors import AnchorCheck
from secure_rag.audit.anomalies import Anomalies, Anomaly
from secure_rag.audit.filters import Filters
from secure_rag.audit.listing import UNPROVEN, Listed, scan
from secure_rag.audit.review import check_exists
from secure_rag.audit.rules import Rule
from secure_rag.audit.verdict import VerifyReport
from secure_rag.audit.whole import verify_whole

_REVEALS = ("reveal.requested", "reveal.granted", "reveal.denied", "audit.searched")
_MAX_REVEALS = 1000


@dataclass(frozen=True)
class Reveal:
    """A request for original values, or a search for one: who, why, and what came of it."""

    seq: int
    time: str
    user: str
    type: str
    what: str
    reason: str


@dataclass
class Overview:
    """The result; `first` and `last` are times of events."""

    verdict: VerifyReport
    events: int = 0
    unproven: int = 0
    """Events after which a checkpoint stands that does not seal them."""
    first: str = ""
    last: str = ""
    kinds: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)
    day_kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    users: Counter[str] = field(default_factory=Counter)
    policies: Counter[str] = field(default_factory=Counter)
    """Sessions by name and digest of the policy in force."""
    reveals: list[Reveal] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)

    @property
    def reveal_count(self) -> int:
        """Number of events about original values; `reveals` holds the first thousand."""
        return sum(self.kinds[kind] for kind in _REVEALS)

    def to_dict(self) -> dict[str, Any]:
        return {
            "ok": self.verdict.ok,
            "verdict": self.verdict.to_dict(),
            "events": self.events,
            "unproven": self.unproven,
            "first": self.first,
            "last": self.last,
            "kinds": dict(sorted(self.kinds.items())),
            "outcomes": dict(sorted(self.outcomes.items())),
            "days": dict(sorted(self.days.items())),
            "users": dict(sorted(self.users.items())),
            "policies": dict(sorted(self.policies.items())),
            "anomalies": [anomaly.to_dict() for anomaly in self.anomalies],
        }


def survey(
    folder: Path,
    rules: Sequence[Rule],
    *,
    filters: Filters | None = None,
    check: Callable[[Path], VerifyReport] | None = None,
    exported: bool = False,
) -> Overview:
    """Verify a log, count its events and hold the rules against them, in two passes.

    Rules see all events up to the end of the filter, so that `first time` means it; flags are
    kept where they name an event within.

    Raises:
        InputError: if there is no log.
    """
    check_exists(folder)
    if check is None:
        verdict = verify_whole(folder, AnchorCheck.of(folder, ()), exported=exported)
    else:
        verdict = check(folder)
    overview = Overview(verdict)
    anomalies = Anomalies(rules)
    shown: set[int] = set()
    for listed in scan(folder):
        found = listed.record
        if found["type"] == records.CHECKPOINT:
            continue
        if filters is not None and filters.until and found["time"] >= filters.until:
            continue
        anomalies.add(listed.seq, found)
        if filters is None or filters.match(found):
            _count(overview, listed)
            shown.add(listed.seq)
    anomalies.judge(verdict)
    overview.anomalies = _within(anomalies.found(), shown if filters else None)
    return overview


def _within(found: Iterable[Anomaly], shown: set[int] | None) -> list[Anomaly]:
    if shown is None:
        return list(found)
    return [one for one in found if not one.time or shown.intersection(one.records)]


def _count(overview: Overview, listed: Listed) -> None:
    found = listed.record
    kind, day, data = found["type"], found["time"][:10], found["data"]
    overview.events += 1
    overview.unproven += listed.proof == UNPROVEN
    overview.first = min(overview.first or found["time"], found["time"])
    overview.last = max(overview.last, found["time"])
    overview.kinds[kind] += 1
    overview.outcomes[found["outcome"]] += 1
    overview.days[day] += 1
    overview.day_kinds[day, kind if kind in _REVEALS else kind.split(".")[0]] += 1
    overview.users[_user(found)] += 1
    if kind == "session.start":
        digest = str(data.get("policy_digest", ""))[:12]
        overview.policies[f"{data.get('policy', '')} {digest}".strip() or "none"] += 1
    if kind in _REVEALS and len(overview.reveals) < _MAX_REVEALS:
        overview.reveals.append(_reveal(listed))


def _reveal(listed: Listed) -> Reveal:
    found, data = listed.record, listed.record["data"]
    placeholders = data.get("placeholders")
    what = " ".join(map(str, placeholders)) if isinstance(placeholders, list) else ""
    reason = str(data.get("reason", ""))
    return Reveal(listed.seq, found["time"], _user(found), found["type"], what, reason)


def _user(found: dict[str, Any]) -> str:
    return found["user"] or f"uid {found['uid']}"
