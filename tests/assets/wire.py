"""Listen on the only wire of a network namespace while commands run.

    unshare -nm python -m tests.assets.wire FOLDER < PLAN

PLAN is JSON: a list of {"name", "command", "stdin"}; `{}` in a command is a placeholder that the
one before printed. The canary runs first without isolation (the
control), then with it; then the commands of the plan, on a kernel that refuses them a namespace
of their own, so that the socket filter is all that stands. Prints what each ended with and how
many packets were seen meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.assets import kernel

ALL_PROTOCOLS, OUTGOING = 3, 4
SETTLE_S = 0.3


class Wire:
    """Counts the packets that leave, and keeps the canary names they carry."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
        self._packets: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            packet, address = self._socket.recvfrom(65535)
            if address[2] == OUTGOING:
                self._packets.append(packet)

    def take(self) -> list[bytes]:
        """Return what was seen since the last call, once the wire is quiet."""
        time.sleep(SETTLE_S)
        seen, self._packets = self._packets, []
        return seen


def connect_wire(folder: Path) -> None:
    """Make every address reachable over the loopback device, and a name server unanswered."""
    for line in (
        "link set lo up",
        "addr add 10.99.0.1/24 dev lo",
        "route add default dev lo src 10.99.0.1",
        "-6 addr add fd99::1/64 dev lo nodad",
    ):
        subprocess.run(["ip", *line.split()], check=True)
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 10.99.0.53\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)


def serve_deputy(path: Path) -> None:
    """Forward what is heard on a path, as a system log may do."""
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(str(path))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        while True:
            out.sendto(heard.recv(1000), ("10.99.7.7", 514))


def run_canary(mode: str, deputy: Path) -> dict[str, Any]:
    """Run the canary with everything that an attacker would wish for."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    given = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    os.dup2(given.fileno(), 77)
    threading.Thread(target=_hand_over, args=(ours, given), daemon=True).start()
    done = subprocess.run(
        kernel.command(["unshare=EPERM"], [sys.executable, "-m", "tests.assets.canary", mode]),
        stdin=theirs,
        stdout=subprocess.PIPE,
        pass_fds=[77],
        env={**os.environ, "DEPUTY": str(deputy), "TAKE": str(taken.fileno())},
        timeout=60,
        check=True,
    )
    os.close(77)
    gave: dict[str, Any] = json.loads(done.stdout)
    return gave


def _hand_over(pair: socket.socket, given: socket.socket) -> None:
    with contextlib.suppress(OSError):
        if pair.recv(10):
            socket.send_fds(pair, [b"here"], [given.fileno()])


def run_step(step: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run one command of the plan."""
    command = [_latest_placeholder(folder) if word == "{}" else word for word in step["command"]]
    with (folder / "out").open("wb") as out, (folder / f"{step['name']}.err").open("wb") as errors:
        done = subprocess.run(
            kernel.command(["unshare=EPERM"], command),
            input=step.get("stdin", "").encode(),
            stdout=out,
            stderr=errors,
            check=False,
        )
    return {"code": done.returncode}


def _latest_placeholder(folder: Path) -> str:
    """Return a placeholder that the last command printed."""
    found = re.search(r"<PERSON_\w{10}>", (folder / "out").read_text())
    assert found, "the last command printed no placeholder"
    return found.group()


def main() -> None:
    """Run the control, the canary and the plan, and print the report."""
    folder = Path(sys.argv[1])
    connect_wire(folder)
    deputy = folder / "deputy"
    threading.Thread(target=serve_deputy, args=(deputy,), daemon=True).start()
    wire = Wire()
    wire.take()
    report: dict[str, Any] = {}
    for mode in ("open", "filtered"):
        routes = run_canary(mode, deputy)
        packets = wire.take()
        names = [n for n in (b"canary", b"dns") if any(n in packet for packet in packets)]
        report[mode] = {
            "routes": routes,
            "packets": len(packets),
            "names": [name.decode() for name in names],
            "said": sorted({_word(packet) for packet in packets} - {""}),
        }
    for step in json.load(sys.stdin):
        report[step["name"]] = {**run_step(step, folder), "packets": len(wire.take())}
    sys.stdout.write(json.dumps(report))


def _word(packet: bytes) -> str:
    """Return the word behind `canary-` in a packet, or nothing."""
    _, found, rest = packet.partition(b"canary-")
    letters = bytes(rest[:12]).split(b".")[0].split(b"\x07")[0]
    return letters.decode("ascii", "replace") if found else ""


if __name__ == "__main__":
    main()
