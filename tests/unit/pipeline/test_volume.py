"""Whether a volume is encrypted: dm-crypt, what lies on it, and what cannot be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.pipeline.volume import look_at_volume


def device(blocks: Path, numbers: str, *, uuid: str = "", on: tuple[str, ...] = ()) -> None:
    folder = blocks / numbers
    (folder / "slaves").mkdir(parents=True)
    if uuid:
        (folder / "dm").mkdir()
        (folder / "dm" / "uuid").write_text(uuid + "\n")
    for below in on:
        (folder / "slaves" / below.replace(":", "-")).symlink_to(blocks / below)


@pytest.fixture
def blocks(tmp_path: Path) -> Path:
    made = tmp_path / "block"
    device(made, "8:1")
    device(made, "253:0", uuid="CRYPT-LUKS2-aa", on=("8:1",))
    device(made, "253:1", uuid="LVM-bb", on=("253:0",))
    device(made, "253:2", uuid="LVM-cc", on=("253:0", "8:1"))
    return made


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        ("253:0 / {home} rw - ext4 /dev/mapper/a rw", True),
        ("253:1 / {home} rw shared:1 - xfs /dev/mapper/b rw", True),
        ("253:2 / {home} rw - ext4 /dev/mapper/c rw", False),
        ("8:1 / {home} rw - ext4 /dev/sda1 rw", False),
        ("0:40 / {home} rw - tmpfs tmpfs rw", None),
        ("0:41 / {home} rw - overlay overlay rw", None),
        ("0:42 / {home} rw - nfs4 server:/x rw", None),
        ("0:43 / {home} rw - fuse.gocryptfs /x rw", True),
        ("9:9 / {home} rw - ext4 /dev/gone rw", None),
        ("8:1 / /elsewhere rw - ext4 /dev/sda1 rw", None),
    ],
)
def test_look_at_volume_tells_what_the_kernel_tells(
    mount: str, expected: bool | None, blocks: Path, tmp_path: Path
) -> None:
    home = tmp_path / "a home"
    home.mkdir()
    table = tmp_path / "mountinfo"
    table.write_text("30 1 " + mount.format(home=str(home).replace(" ", "\\040")) + "\n")
    assert look_at_volume(home, mountinfo=table, blocks=blocks).is_encrypted is expected


def test_the_nearest_and_the_latest_mount_counts(blocks: Path, tmp_path: Path) -> None:
    lines = [
        f"30 1 253:0 / {tmp_path} rw - ext4 /dev/mapper/a rw",
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
    ]
    table = tmp_path / "mountinfo"
    table.write_text("\n".join(lines))
    assert look_at_volume(tmp_path, mountinfo=table, blocks=blocks).is_encrypted is True
    lines.append(f"31 30 8:1 / {tmp_path} rw - ext4 /dev/sda1 rw")
    table.write_text("\n".join(lines))
    assert look_at_volume(tmp_path, mountinfo=table, blocks=blocks).is_encrypted is False


def test_without_a_table_of_mounts_nothing_is_told(tmp_path: Path) -> None:
    assert look_at_volume(tmp_path, mountinfo=tmp_path / "none").is_encrypted is None


def test_this_machine_is_looked_at_without_an_error(tmp_path: Path) -> None:
    assert look_at_volume(tmp_path).detail
