"""Passphrase, share and rotation: what opens the vault before, after, and killed in between."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from secure_rag.errors import VaultError
from secure_rag.slots import SlotFile
from secure_rag.vault import change, factors, wraps
from secure_rag.vault.keys import PRIVATE_KEYS, Secrets, read_descriptor, read_secrets
from secure_rag.vault.opening import OpenDomain
from secure_rag.vault.wraps import PASSPHRASE, SHARE, Cost, Opener
from tests.unit.vault.conftest import Place

VALUE, PATH = "Quentin Canary-Example", "/srv/quentin.docx"


@pytest.fixture
def placeholder(place: Place) -> str:
    domain = place.domain()
    domain.seal_source("7Q2F9KX3M4", PATH)
    domain.erase(domain.issue("PERSON", "Gone", ["gone"]))
    return domain.issue("PERSON", VALUE, ["quentin"])


def opener_of(key: Secrets, **given: bytes) -> Opener:
    return Opener(
        key.vault_id, key.reveal, **{name: lambda one=one: one for name, one in given.items()}
    )


def opened(place: Place, placeholder: str, key_file: Path | None = None, **given: bytes) -> bool:
    key = read_secrets(key_file or place.key_file)
    domain = OpenDomain(place.folder, "default", key, opener_of(key, **given))
    sources = domain.open_sources(["7Q2F9KX3M4"])
    return (domain.reveal([placeholder]), sources) == ({placeholder: VALUE}, {"7Q2F9KX3M4": PATH})


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(VaultError) as caught:
        act()
    return caught.value.code


def set_factor(place: Place, factor: int, new: bytes | None, **given: bytes) -> change.Changed:
    key = read_secrets(place.key_file)
    source = None if new is None else lambda: new
    return change.set_factor(place.folder, key, opener_of(key, **given), factor, source)


def rotate(place: Place, **given: bytes) -> change.Changed:
    key = read_secrets(place.key_file)
    return change.rotate(place.folder, key, opener_of(key, **given), place.key_file)


def test_passphrase_and_share_are_both_needed_and_can_be_taken_away(place, placeholder):
    done = set_factor(place, PASSPHRASE, b"a long passphrase")
    assert done.factors == ("key file", "passphrase")
    assert code_of(lambda: opened(place, placeholder)) == "vault.locked"
    assert code_of(lambda: opened(place, placeholder, passphrase=b"wrong one")) == "vault.wrong_key"
    given = {"passphrase": b"a long passphrase"}
    done = set_factor(place, SHARE, bytes(32), **given)
    assert done.factors == ("key file", "passphrase", "share")
    assert code_of(lambda: opened(place, placeholder, **given)) == "vault.locked"
    assert opened(place, placeholder, **given, share=bytes(32))
    assert wraps.factors_in_force(place.folder, 1) == done.factors
    done = rotate(place, **given, share=bytes(32))
    assert (done.version, done.factors, done.resealed) == (2, wraps.factor_names(7), 2)
    assert opened(place, placeholder, **given, share=bytes(32))
    set_factor(place, PASSPHRASE, None, **given, share=bytes(32))
    assert set_factor(place, SHARE, None, share=bytes(32)).factors == ("key file",)
    assert opened(place, placeholder)
    assert len(wraps.read_wraps(SlotFile.open(place.folder / PRIVATE_KEYS))) == 1


def test_lookup_needs_no_passphrase_and_no_share(place, placeholder):
    set_factor(place, SHARE, bytes(32))
    domain = place.domain()
    assert domain.lookup("PERSON", "quentin") == (placeholder,)
    assert domain.issue("PERSON", "Other", ["other"])


@pytest.mark.parametrize(
    "cost", [Cost(1024), Cost(passes=1), Cost(2**30), Cost(lanes=0), Cost(passes=10**6)]
)
def test_passphrase_cheaper_or_dearer_than_the_bounds_is_refused(place, placeholder, cost):
    before = place.content()
    key = read_secrets(place.key_file)
    act = lambda: change.set_factor(  # noqa: E731
        place.folder, key, opener_of(key), PASSPHRASE, lambda: b"12345678", cost=cost
    )
    assert code_of(act) == "vault.damaged"
    assert place.content() == before


def test_erase_leaves_an_entry_that_two_share_to_the_other(place):
    domain = place.domain()
    anna = domain.issue("PERSON", "Anna Novak", ["anna novak"], alias_forms=["novak"])
    other = domain.issue("PERSON", "Anna-Novak", ["anna-novak"], alias_forms=["novak"])
    assert (domain.related(anna), domain.related(other)) == ((other,), (anna,))
    traces = domain.traces(anna)
    assert len(traces) == 4
    domain.erase(anna)
    assert domain.aliases("PERSON", "novak") == (other,)
    assert not any(trace in place.content() for trace in traces)
    assert domain.related(other) == () and domain.is_erased(anna) and not domain.is_erased(other)


def test_default_cost_is_the_second_recommendation_of_rfc_9106():
    assert Cost() == Cost(memory_kib=65536, passes=3, lanes=4)


def test_rotate_makes_the_old_key_file_and_old_wraps_worthless(place, placeholder):
    old = place.root / "old.key"
    old.write_bytes(place.key_file.read_bytes())
    old.chmod(0o600)
    wrapped = (place.folder / PRIVATE_KEYS).read_bytes()[256:512]
    domain = place.domain()
    assert rotate(place).version == 2
    assert opened(place, placeholder)
    assert wrapped[45:90] not in place.content()
    assert code_of(lambda: opened(place, placeholder, old)) == "vault.wrong_key"
    assert read_secrets(old).lookup == read_secrets(place.key_file).lookup
    assert place.key_file.stat().st_mode & 0o777 == 0o600
    # a domain that was open before the rotation seals to the new key
    other = domain.issue("PERSON", "Later", ["later"])
    key = read_secrets(place.key_file)
    assert OpenDomain(place.folder, "default", key).reveal([other]) == {other: "Later"}
    assert [path.name for path in place.key_file.parent.iterdir()] == ["test.key"]


WRITES = ("pwrite", "rename", "fsync", "fdatasync")


def killed_at(turn: int, act: Callable[[], object]) -> bool:
    """Run `act` in a fork that is killed at its n-th write, half of it done; say if it was."""
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, -signal.SIGKILL)
        return code != 0
    count = 0

    def hooked(name: str) -> Callable[..., object]:
        real = getattr(os, name)

        def call(*arguments: object) -> object:
            nonlocal count
            count += 1
            if count == turn:
                if name == "pwrite":
                    descriptor, data, offset = arguments
                    real(descriptor, bytes(data)[: len(data) // 2], offset)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return call

    for name in WRITES:
        setattr(os, name, hooked(name))
    try:
        act()
        os._exit(0)
    finally:
        os._exit(1)


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.parametrize("name", ["rotate", "split"])
def test_killed_at_every_write_the_vault_opens_and_the_next_run_ends_it(place, placeholder, name):
    share = {"share": bytes(32)}
    acts = {
        "rotate": lambda: rotate(place),
        "split": lambda: set_factor(place, SHARE, bytes(32), **share),
    }
    turn = 1
    while killed_at(turn, acts[name]):
        assert opened(place, placeholder, share=bytes(32)), turn
        assert place.domain().lookup("PERSON", "quentin") == (placeholder,)
        turn += 1
    assert turn > (4 if name == "split" else 12)
    rotate(place, share=bytes(32))
    key = read_secrets(place.key_file)
    version = read_descriptor(place.folder, key).version
    assert not wraps.is_unfinished(place.folder, version)
    assert opened(place, placeholder, share=bytes(32))


def test_split_during_an_interrupted_rotation_is_refused(place, placeholder):
    turn = 1
    while killed_at(turn, lambda: rotate(place)):
        key = read_secrets(place.key_file)
        descriptor = read_descriptor(place.folder, key)
        if wraps.is_unfinished(place.folder, descriptor.version) and descriptor.version > 1:
            break
        turn += 1
    assert code_of(lambda: set_factor(place, SHARE, bytes(32))) == "vault.rotating"
    assert rotate(place).version == descriptor.version


def test_passphrase_file_readable_by_others_or_missing_is_refused(tmp_path):
    path = tmp_path / "pass"
    path.write_text("correct horse\nsecond line\n")
    path.chmod(0o644)
    assert code_of(lambda: factors.read_passphrase(path)) == "vault.key_file"
    path.chmod(0o600)
    assert factors.read_passphrase(path) == b"correct horse"
    assert code_of(lambda: factors.read_passphrase(tmp_path / "none")) == "vault.locked"
    path.write_text("short\n")
    assert code_of(lambda: factors.new_passphrase(path)) == "vault.passphrase"
    path.write_text("cafe\u0301 cafe\u0301\n")
    assert factors.new_passphrase(path) == "café café".encode()


@pytest.mark.parametrize(
    "content", ["", "share = 3\n", 'format = 1\nvault = "other"\nshare = ""\n']
)
def test_share_that_is_none_or_another_vaults_is_refused(tmp_path, content):
    path = tmp_path / "share"
    factors.new_share(path, "0123456789abcdef")
    assert len(factors.read_share(path, "0123456789abcdef")) == 32
    assert code_of(lambda: factors.read_share(path, "fedcba9876543210")) == "vault.share"
    assert code_of(lambda: factors.new_share(path, "0123456789abcdef")) == "vault.key_exists"
    path.write_text(content)
    assert code_of(lambda: factors.read_share(path, "0123456789abcdef")) == "vault.share"
    assert code_of(lambda: factors.read_share(None, "0123456789abcdef")) == "vault.locked"
