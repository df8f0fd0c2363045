"""Keys of a vault: the key file, the descriptor beside the data, and what is derived.

The key file holds two independent secrets of 32 bytes:

* `lookup` gives the keys for asking and adding (blind index, row checks, digests);
* `reveal` unwraps the private key that opens values (secure_rag.vault.wraps).

Look-up reads the file only up to the first secret. The descriptor `vault.json` holds
the public keys; its check is made with the look-up key, so nobody without it can put
another public key there. docs/reference/vault-format.md has every byte.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import stat
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from secure_rag.errors import FormatError, VaultError
from secure_rag.slots import sync_folder

FORMAT = 2
"""Of `vault.json` and all that lies beside it."""
KEY_FILE_FORMAT = 1
DESCRIPTOR = "vault.json"
PRIVATE_KEYS = "private.keys"
SECRET_SIZE = 32
_KEY_FILE_LIMIT = 4096
_HINT = "name the vault's key with --key-file FILE"


@dataclass(frozen=True)
class Secrets:
    """What a key file holds; `reveal` is empty where only look-up was asked for."""

    vault_id: str
    lookup: bytes = field(repr=False)
    reveal: bytes = field(repr=False, default=b"")


@dataclass(frozen=True)
class Descriptor:
    """What everybody who may look up must know of a vault."""

    vault_id: str
    public_keys: tuple[bytes, ...]
    """Raw X25519 public keys; version n is number n - 1, the last one seals."""

    @property
    def version(self) -> int:
        return len(self.public_keys)


def encode(*parts: bytes | str | int) -> bytes:
    """Join parts so that no other parts give the same bytes: each with its length in front."""
    joined = b""
    for part in parts:
        raw = part if isinstance(part, bytes) else to_bytes(str(part))
        joined += len(raw).to_bytes(8, "big") + raw
    return joined


def to_bytes(text: str) -> bytes:
    """Encode any `str`, lone surrogates of odd file names included."""
    return text.encode("utf-8", "surrogatepass")


def to_text(raw: bytes) -> str:
    """Undo `to_bytes`."""
    return raw.decode("utf-8", "surrogatepass")


def derive(secret: bytes, *labels: bytes | str | int, length: int = 32) -> bytes:
    """Derive a key for the one purpose that the labels name (HKDF-SHA256)."""
    info = encode("secure_rag vault 1", *labels)
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret)


def mac(key: bytes, *parts: bytes | str | int) -> bytes:
    """Return HMAC-SHA256 over the unambiguous join of the parts."""
    return hmac.digest(key, encode(*parts), "sha256")


def read_lookup(key_file: Path | None, *, key_fd: int | None = None) -> Secrets:
    """Read the look-up secret and stop before the reveal secret.

    Raises:
        VaultError: missing, readable by others, or not a key file.
    """
    return _read_key(key_file, key_fd, wanted="lookup")


def read_secrets(key_file: Path | None, *, key_fd: int | None = None) -> Secrets:
    """Read both secrets; only the reveal process does."""
    return _read_key(key_file, key_fd, wanted="reveal")


def read_descriptor(folder: Path, key: Secrets) -> Descriptor:
    """Read `vault.json` and check that this key belongs to it and nobody changed it.

    Raises:
        VaultError: no vault, another vault's key, or a changed descriptor.
        FormatError: another format.
    """
    try:
        table = json.loads((folder / DESCRIPTOR).read_bytes())
        version = table["format"]
    except FileNotFoundError:
        raise VaultError("there is no vault here", code="vault.missing") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise VaultError(f"{DESCRIPTOR} cannot be read", code="vault.damaged") from None
    if version != FORMAT:
        raise FormatError(
            f"{DESCRIPTOR}: format {version!r} is not format {FORMAT} of this program"
        )
    try:
        publics = tuple(bytes.fromhex(public) for public in table["public_keys"])
        found = Descriptor(str(table["vault"]), publics)
        key_id, check = str(table["key_id"]), str(table["mac"])
    except (KeyError, TypeError, ValueError):
        raise VaultError(f"{DESCRIPTOR} is damaged", code="vault.damaged") from None
    if key_id != _key_id(key.lookup, found.vault_id) or key.vault_id != found.vault_id:
        raise VaultError("this key belongs to another vault", code="vault.wrong_key", hint=_HINT)
    if not publics or not hmac.compare_digest(check, _descriptor_mac(found, key.lookup)):
        raise VaultError(
            f"{DESCRIPTOR} was changed by somebody without the key",
            code="vault.damaged",
            hint="restore it from a backup",
        )
    return found


@contextmanager
def key_lock(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Keep others from changing the vault's keys, or (not shared) from opening them, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _key_id(lookup: bytes, vault_id: str) -> str:
    return derive(lookup, vault_id, "key id", length=8).hex()


def _descriptor_mac(descriptor: Descriptor, lookup: bytes) -> str:
    key = derive(lookup, descriptor.vault_id, "descriptor")
    return mac(key, FORMAT, descriptor.vault_id, *descriptor.public_keys).hex()


def write_descriptor(folder: Path, descriptor: Descriptor, lookup: bytes) -> None:
    """Put `vault.json` in place, durably, as one step."""
    table = {
        "format": FORMAT,
        "vault": descriptor.vault_id,
        "key_id": _key_id(lookup, descriptor.vault_id),
        "public_keys": [public.hex() for public in descriptor.public_keys],
        "mac": _descriptor_mac(descriptor, lookup),
    }
    new = folder / f".{DESCRIPTOR}.new"
    _write_durably(new, json.dumps(table, indent=2).encode() + b"\n", os.O_TRUNC)
    if (folder / DESCRIPTOR).exists():
        new.chmod(stat.S_IMODE((folder / DESCRIPTOR).stat().st_mode))
    # It holds no secret, so moving it into place leaves nothing behind.
    new.rename(folder / DESCRIPTOR)
    sync_folder(folder)


def write_key_file(path: Path, key: Secrets, *, replace: bool = False) -> None:
    """Write a key file (0600), durably.

    Raises:
        VaultError: if there is one already and it may not be replaced, or no place to write.
    """
    text = (
        "# Key of a secure_rag vault: keep a copy off this machine, never beside the workspace.\n"
        f'format = {KEY_FILE_FORMAT}\nvault = "{key.vault_id}"\n'
        f'lookup = "{key.lookup.hex()}"\nreveal = "{key.reveal.hex()}"\n'
    )
    write_secret_file(path, text, replace=replace)


def write_secret_file(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a file that only its owner may read, durably; raises as `write_key_file` does."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_durably(path, text.encode(), os.O_TRUNC if replace else os.O_EXCL)
        sync_folder(path.parent)
    except FileExistsError:
        raise VaultError(
            f"there is a key at {path} already",
            code="vault.key_exists",
            hint="move it away first if it belongs to nothing",
        ) from None
    except OSError as error:
        raise VaultError(
            f"cannot write the key file {path}: {error.strerror}",
            code="vault.key_file",
            hint=_HINT,
        ) from None


def _write_durably(path: Path, content: bytes, flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read_key(key_file: Path | None, key_fd: int | None, *, wanted: str) -> Secrets:
    content = _key_bytes(key_file, key_fd, wanted.encode())
    try:
        table = tomllib.loads(content.decode())
        version = table.pop("format")
        vault_id, lookup = str(table.pop("vault")), bytes.fromhex(table.pop("lookup"))
        if wanted == "reveal" and "reveal" not in table:
            raise VaultError(
                "this key is for adding and asking only: it cannot open values",
                code="vault.lookup_only",
                hint="who may reveal has the whole key",
            )
        reveal = bytes.fromhex(table.pop("reveal")) if wanted == "reveal" else b""
    except (ValueError, KeyError, TypeError):
        raise VaultError("this is not a vault key", code="vault.key_file", hint=_HINT) from None
    if version != KEY_FILE_FORMAT:
        raise FormatError(
            f"vault key: format {version!r} is not format {KEY_FILE_FORMAT} of this program"
        )
    if len(lookup) != SECRET_SIZE or len(reveal) not in (0, SECRET_SIZE):
        raise VaultError("this is not a vault key", code="vault.key_file", hint=_HINT)
    return Secrets(vault_id, lookup, reveal)


def _key_bytes(key_file: Path | None, key_fd: int | None, wanted: bytes) -> bytes:
    if key_fd is not None:
        try:
            return _read_through_line(key_fd, wanted)
        except OSError:
            raise VaultError(
                f"no key can be read from descriptor {key_fd}",
                code="vault.locked",
                hint=_HINT,
            ) from None
    if key_file is None:
        raise VaultError("no key was named for the vault", code="vault.locked", hint=_HINT)
    with open_private(key_file, "key", _HINT) as descriptor:
        return _read_through_line(descriptor, wanted)


@contextmanager
def open_private(path: Path, what: str, hint: str, *, locked: str = "the vault") -> Iterator[int]:
    """Open a file with a secret for reading; `locked` is what it opens.

    Raises:
        VaultError: it is missing, or others may read it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise VaultError(
            f"{locked} is locked: no {what} at {path}: {error.strerror}",
            code="vault.locked",
            hint=hint,
        ) from None
    try:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise VaultError(
                f"other users can read the {what} {path}",
                code="vault.key_file",
                hint=f"chmod 600 {path}",
            )
        yield descriptor
    finally:
        os.close(descriptor)


def _read_through_line(descriptor: int, name: bytes) -> bytes:
    """Read byte by byte through the line that starts with `name`, and nothing behind it.

    The descriptor serves again afterwards: a file is read without moving its position, and
    what was taken from a pipe is put back, so that the reveal process gets all of it.
    """
    mode = os.fstat(descriptor).st_mode
    is_file = stat.S_ISREG(mode)
    content = b""
    while len(content) < _KEY_FILE_LIMIT:
        byte = os.pread(descriptor, 1, len(content)) if is_file else os.read(descriptor, 1)
        content += byte
        if not byte or (byte == b"\n" and content.splitlines()[-1].startswith(name)):
            break
    if stat.S_ISFIFO(mode):
        _put_back(descriptor, content)
    return content


def _put_back(descriptor: int, content: bytes) -> None:
    """Make `descriptor` a pipe that gives `content` and then what the old one still holds.

    The rest is moved by the kernel and never enters this process.
    """
    reader, writer = os.pipe()
    try:
        os.write(writer, content)
        while os.splice(descriptor, writer, _KEY_FILE_LIMIT):
            pass
        os.dup2(reader, descriptor, inheritable=os.get_inheritable(descriptor))
    finally:
        os.close(reader)
        os.close(writer)
