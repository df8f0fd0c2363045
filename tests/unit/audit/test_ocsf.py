"""Exported events against facts of the OCSF schema, which lie beside with their source."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from secure_rag.audit.canonical import decode
from secure_rag.audit.events import CATALOGUE
from secure_rag.audit.ocsf import ACTIVITIES, VERSION, to_ocsf
from secure_rag.audit.record import Author, event_line
from tests.unit.audit.test_events import sample

FACTS = json.loads((Path(__file__).parent / "ocsf_facts.json").read_text("utf-8"))
AUTHOR = Author("5e55", "auditor", 1000, "", "b007")
PLAIN = {"string_t": str, "username_t": str, "integer_t": int, "long_t": int,
         "timestamp_t": int, "object": dict, "boolean_t": bool}  # fmt: skip


def exported(kind: str) -> dict[str, Any]:
    line = event_line(7, AUTHOR, sample(CATALOGUE[kind]))
    return to_ocsf(decode(line), line, leaf="ab" * 32, product="0.1")


def faults(event: dict[str, Any]) -> Iterator[str]:
    """Yield what of an event does not follow the facts."""
    known = FACTS["classes"].get(str(event.get("class_uid")))
    if known is None:
        yield "class_uid"
        return
    attributes = {**FACTS["base"]["attributes"], **known["attributes"]}
    for name in event["metadata"].get("profiles", []):
        if name not in known["profiles"]:
            yield f"profile {name}"
        attributes |= known["profiles"].get(name, {})
    enums = {**FACTS["base"]["enums"], **known.get("enums", {})}
    spec = {"attributes": attributes, "enums": enums, "at_least_one": known.get("at_least_one")}
    yield from _object_faults(event, spec, "")
    if (event["category_uid"], event["category_name"]) != tuple(known["category"]):
        yield "category"
    if event["class_name"] != known["name"]:
        yield "class_name"
    caption = known["activities"].get(str(event["activity_id"]))
    if caption is None or (event["activity_id"] != 99 and event["activity_name"] != caption):
        yield "activity"
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        yield "type_uid"
    if event["type_name"] != f"{known['name']}: {caption}":
        yield "type_name"


def _object_faults(found: dict[str, Any], spec: dict[str, Any], place: str) -> Iterator[str]:
    for name, (_, requirement) in spec["attributes"].items():
        if requirement == "required" and name not in found:
            yield f"{place}{name} is missing"
    for name, value in found.items():
        if name not in spec["attributes"]:
            yield f"{place}{name} is unknown"
            continue
        kind = spec["attributes"][name][0]
        if kind in FACTS["objects"]:
            yield from _object_faults(value, FACTS["objects"][kind], f"{place}{name}.")
        elif kind.endswith("[]"):
            if not (isinstance(value, list) and all(type(one) is str for one in value)):
                yield f"{place}{name} has another type"
        elif type(value) is not PLAIN[kind]:
            yield f"{place}{name} has another type"
    for name, captions in spec.get("enums", {}).items():
        caption = captions.get(str(found.get(name)))
        if name in found and caption is None:
            yield f"{place}{name} is not of the enum"
        # The sibling holds the caption; only for Other is it the source's own word.
        sibling = found.get(name.removesuffix("_id"))
        if caption not in (None, "Other") and sibling not in (None, caption):
            yield f"{place}{name} and its caption differ"
    some = spec.get("at_least_one")
    if some and not any(name in found for name in some):
        yield f"{place} has none of {some}"


def test_facts_are_of_the_version_that_is_claimed() -> None:
    assert FACTS["version"] == VERSION
    activities = FACTS["classes"]["6005"]["activities"]
    assert {activities[str(number)] for number, _ in ACTIVITIES.values()} == {
        name for _, name in ACTIVITIES.values()
    }
    assert set(ACTIVITIES) <= set(CATALOGUE)


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_ocsf_every_event_follows_the_schema(kind: str) -> None:
    event = exported(kind)
    assert list(faults(event)) == []
    assert json.loads(json.dumps(event)) == event


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda e: e.pop("severity_id"), "severity_id is missing"),
        (lambda e: e.update(time="soon"), "time has another type"),
        (lambda e: e.update(status_id=7), "status_id is not of the enum"),
        (lambda e: e.update(severity="Low"), "severity_id and its caption differ"),
        (lambda e: e.update(extra=1), "extra is unknown"),
        (lambda e: e.update(activity_id=11), "activity"),
        (lambda e: e.update(type_uid=1), "type_uid"),
        (lambda e: e.pop("src_endpoint"), "src_endpoint is missing"),
        (lambda e: e["src_endpoint"].clear(), "src_endpoint. has none of"),
        (lambda e: e["database"].pop("type_id"), "database.type_id is missing"),
        (lambda e: e["metadata"].pop("product"), "metadata.product is missing"),
    ],
)
def test_ocsf_check_finds_what_deviates(
    change: Callable[[dict[str, Any]], object], fault: str
) -> None:
    event = copy.deepcopy(exported("reveal.granted"))
    change(event)
    assert any(found.startswith(fault) for found in faults(event))
