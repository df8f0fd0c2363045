"""`audit hold` and the anchor that `doctor` demands, as a user starts them."""

from __future__ import annotations

from tests.conftest import Sandbox


def test_hold_is_set_listed_and_cleared_by_events(sandbox: Sandbox) -> None:
    name = "Chidi Okafor"
    done = sandbox.ok("audit", "hold", "--set", "--reason", f"asked by {name}", "--json").json
    assert done["state"] == "set"
    (listed,) = sandbox.ok("audit", "hold", "--json").json["holds"]
    assert (listed["hold"], listed["seq"]) == (done["hold"], done["audit_seq"])
    assert listed["reason"].startswith("asked by <") and name not in listed["reason"]
    assert done["hold"] in sandbox.ok("audit", "hold").out
    wrong = sandbox.run("audit", "hold", "--clear", "00000000", "--reason", "over")
    assert wrong.code == 4 and "no such hold" in wrong.err
    sandbox.ok("audit", "hold", "--clear", done["hold"], "--reason", "over")
    assert sandbox.ok("audit", "hold", "--json").json["holds"] == []
    log = (sandbox.workspace / "audit" / "log" / "000001.jsonl").read_text()
    assert name not in log and log.count('"type":"hold.') == 2


def test_hold_without_reason_or_act_is_a_usage_error(sandbox: Sandbox) -> None:
    for arguments in (("--set",), ("--reason", "x"), ("--set", "--clear", "a", "--reason", "x")):
        assert sandbox.run("audit", "hold", *arguments).code == 2


def test_doctor_demanded_anchor_that_is_missing_fails(sandbox: Sandbox) -> None:
    with (sandbox.workspace / "secure-rag.toml").open("a") as settings:
        settings.write("[audit]\nanchor_max_age_days = 7\n")
    done = sandbox.run("doctor", "--json")
    assert done.code == 1
    (check,) = [one for one in done.json["checks"] if one["subject"] == "anchor"]
    assert (check["state"], check["detail"]) == ("fail", "there is none, 7 days are allowed")
