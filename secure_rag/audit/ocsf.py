"""Events as OCSF 1.9.0, for security-monitoring systems that read it.

What fits is a Datastore Activity (class 6005): retrieval is a Query, a reveal is a Decrypt.
The rest is a Base Event (class 0) with the profile `host`, which brings `actor`. The stored
bytes go along in `raw_data`; only they are signed. `attestation` of the profile
`record_integrity` stays empty: it would be a signature over the OCSF form, which nobody made.
"""

from __future__ import annotations

from typing import Any

from secure_rag.audit.record import parse_time

VERSION = "1.9.0"
_DATASTORE, _CATEGORY = 6005, 6
ACTIVITIES: dict[str, tuple[int, str]] = {
    "sources.opened": (1, "Read"),
    "index.rebuilt": (2, "Update"),
    "query.received": (4, "Query"),
    "passages.retrieved": (4, "Query"),
    "document.indexed": (5, "Write"),
    "document.removed": (7, "Delete"),
    "reveal.granted": (10, "Decrypt"),
}
"""Type of event -> activity of class 6005."""
_STATUS = {"ok": (1, "Success"), "refused": (2, "Failure"), "denied": (2, "Failure"),
           "failed": (2, "Failure")}  # fmt: skip
_SEVERITIES = {
    "reveal.denied": 3,
    "unsafe.used": 3,
    "clock.step": 3,
    "log.pruned": 3,
    "log.earlier_pruned": 3,
}
_NAMES = {1: "Informational", 3: "Medium"}


def to_ocsf(found: dict[str, Any], line: bytes, *, leaf: str, product: str) -> dict[str, Any]:
    """Return an event's record as an OCSF event.

    Args:
        found: the record.
        line: its stored bytes.
        leaf: its leaf hash, in hex.
        product: version of this program.
    """
    kind, data = found["type"], found["data"]
    status_id, status = _STATUS.get(found["outcome"], (99, found["outcome"]))
    severity = _SEVERITIES.get(kind, 1)
    event: dict[str, Any] = {
        "time": _milliseconds(found["time"]),
        "severity_id": severity,
        "severity": _NAMES[severity],
        "status_id": status_id,
        "status": status,
        "message": kind,
        "actor": {
            "user": {"name": found["user"], "uid": str(found["uid"])},
            "session": {"uid": found["session"], "terminal": found["tty"]},
        },
        "metadata": {
            "version": VERSION,
            "product": {"name": "secure_rag", "vendor_name": "secure_rag", "version": product},
            "event_code": kind,
            "original_time": found["time"],
            "sequence": found["seq"],
            "original_event_uid": leaf,
            "log_name": "audit",
        },
        "raw_data": line.decode("ascii"),
        "unmapped": {"data": data, "boot": found["boot"], "monotonic_us": found["monotonic_us"]},
    }
    if kind not in ACTIVITIES:
        event["metadata"]["profiles"] = ["host"]
    return {**event, **_classify(kind, str(data.get("collection") or "default"))}


def _classify(kind: str, collection: str) -> dict[str, Any]:
    activity = ACTIVITIES.get(kind)
    if activity is None:
        return {
            "category_uid": 0, "category_name": "Uncategorized", "class_uid": 0,
            "class_name": "Base Event", "activity_id": 99, "activity_name": kind, "type_uid": 99,
            "type_name": "Base Event: Other",
        }  # fmt: skip
    number, name = activity
    return {
        "category_uid": _CATEGORY,
        "category_name": "Application Activity",
        "class_uid": _DATASTORE,
        "class_name": "Datastore Activity",
        "activity_id": number,
        "activity_name": name,
        "type_uid": _DATASTORE * 100 + number,
        "type_name": f"Datastore Activity: {name}",
        "type_id": 1,
        "type": "Database",
        "database": {"name": collection, "type_id": 7, "type": "Vector"},
        "src_endpoint": {"name": "localhost"},
    }


def _milliseconds(text: str) -> int:
    try:
        return parse_time(text) // 1000
    except ValueError:
        return 0
