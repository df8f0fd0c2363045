"""A second reader, written from docs/reference/vault-format.md alone, opens what we store."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
import struct
import tomllib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VALUE, FORM, ALIAS = "Quentin Canary-Example", "quentin canary-example", "canary-example"


def enc(*parts: bytes | str | int) -> bytes:
    raw = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
    return b"".join(struct.pack(">Q", len(part)) + part for part in raw)


def derive(secret: bytes, *labels: bytes | str | int, length: int = 32) -> bytes:
    return HKDF(SHA256(), length, None, enc("secure_rag vault 1", *labels)).derive(secret)


def mac(key: bytes, *parts: bytes | str | int) -> bytes:
    return hmac.new(key, enc(*parts), "sha256").digest()


def slot(content: bytes, i: int) -> bytes:
    magic, version, size, stride, zero = struct.unpack_from("<16sIIII", content)
    assert (magic, version, zero) == (b"secure-rag slots", 1, 0)
    start = max(64, min(stride, 4096)) + i * stride
    state, length = struct.unpack_from("<II", content, start)
    end = start + 8 + size
    check = hashlib.sha256(b"secure-rag slot" + struct.pack("<Q", i) + content[start:end])
    assert (state, content[end : end + 16]) == (1, check.digest()[:16])
    return content[start + 8 : start + 8 + length]


def test_vault_is_readable_from_its_documentation(place):
    domain = place.domain()
    domain.issue("AGE", "other", [])
    placeholder = domain.issue("PERSON", VALUE, [FORM], alias_forms=[ALIAS])
    marks = domain.name_marks("PERSON", [FORM], [ALIAS])
    domain.seal_source("7Q2F9KX3M4", "/srv/a.txt", marks=marks)
    key = tomllib.loads(place.key_file.read_text())
    lookup, reveal = bytes.fromhex(key["lookup"]), bytes.fromhex(key["reveal"])
    head = json.loads((place.folder / "vault.json").read_text())
    vault, public = head["vault"], bytes.fromhex(head["public_keys"][0])
    assert (head["format"], vault) == (2, key["vault"])
    assert head["key_id"] == derive(lookup, vault, "key id", length=8).hex()
    assert head["mac"] == mac(derive(lookup, vault, "descriptor"), 2, vault, public).hex()

    wrapped = slot((place.folder / "private.keys").read_bytes(), 0)
    top, sealed = wrapped[:41], wrapped[41:]
    reveal_id = derive(reveal, vault, "reveal id", length=8)
    assert top == struct.pack(">BI8sIII16s", 1, 1, reveal_id, 0, 0, 0, bytes(16))
    wrapping = derive(enc(reveal, b"", b""), vault, "wrap", 1, length=64)
    private = AESSIV(wrapping).decrypt(sealed, [enc("private key", vault, public, top)])

    home = place.folder / "default"
    connection = sqlite3.connect(home / "records.db")
    keys = {
        purpose: derive(lookup, vault, purpose, "default")
        for purpose in ("key forms", "alias forms", "digest", "row check")
    }
    for purpose, form in (("key forms", FORM), ("alias forms", ALIAS)):
        tag = mac(keys[purpose], "PERSON", form)
        found = connection.execute("SELECT placeholder, mac FROM forms WHERE tag = ?", [tag])
        assert found.fetchall() == [(placeholder, mac(keys["row check"], "form", tag, placeholder))]
    (digest,) = connection.execute("SELECT digest FROM sources").fetchone()
    assert digest == mac(keys["digest"], "source", b"/srv/a.txt").hex()[:32]
    found, check = connection.execute("SELECT marks, mac FROM source_marks").fetchone()
    kinds = (("key forms", FORM), ("alias forms", ALIAS))
    assert found == b"".join(sorted(mac(keys[k], "PERSON", form)[:8] for k, form in kinds))
    assert check == mac(keys["row check"], "source marks", "7Q2F9KX3M4", 1, found)

    secrets = (home / "subjects.keys").read_bytes()
    for table, kind, name, value in (
        ("records", "value", placeholder, VALUE),
        ("sources", "path", "7Q2F9KX3M4", "/srv/a.txt"),
    ):
        column = "placeholder" if table == "records" else "document"
        row = connection.execute(f"SELECT * FROM {table} WHERE {column} = ?", [name]).fetchone()
        _, detail, version, number, ephemeral, sealed, check = row
        assert check == mac(keys["row check"], table, *row[:-1])
        exchange = X25519PrivateKey.from_private_bytes(private).exchange
        shared = exchange(X25519PublicKey.from_public_bytes(ephemeral))
        place_of = enc(vault, "default", kind, detail, name, version, number)
        secret = shared + slot(secrets, number)
        sealing = derive(secret, "seal", ephemeral, public, place_of, length=64)
        content = AESSIV(sealing).decrypt(sealed, [place_of, ephemeral])
        length = int.from_bytes(content[:4], "big")
        assert content[4 : 4 + length].decode() == value
        assert not any(content[4 + length :])
    connection.close()
