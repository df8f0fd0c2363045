"""The parser process is sealed before it sees a document: nothing may be missing by then."""

from __future__ import annotations

import base64
import json
import subprocess
import sys

from secure_rag.documents.loading import load
from secure_rag.documents.reader import DocumentReader
from secure_rag.errors import DocumentError
from tests.assets.builders import FIELDS, build, file_name
from tests.conftest import ROOT

SAMPLES = {
    file_name(kind): build(kind, {name: f"Word {name} \u00e9" for name in FIELDS[kind]})
    for kind in FIELDS
}
SAMPLES["latin.txt"] = (
    "Caf\u00e9 na\u00efve r\u00e9sum\u00e9, d\u00e9j\u00e0 vu. ".encode("cp1252") * 20
)
SAMPLES["wide.txt"] = "Lamina Okoro".encode("utf-16")
SAMPLES["east.eml"] = (
    b"From: a@example.org\nSubject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\n"
    b"Content-Type: text/plain; charset=big5\n\n\xa4\xa4\xa4\xe5\n"
)
PROGRAM = """
import base64, json, sys
from secure_rag.documents.preload import preload
preload()
from secure_rag.documents.loading import load
import secure_rag.documents.wire
before = set(sys.modules)
for name, data in json.load(sys.stdin).items():
    try: load(base64.b64decode(data), name)
    except Exception: pass
print(sorted(set(sys.modules) - before))
"""


def test_preload_leaves_nothing_to_import_for_any_format() -> None:
    given = {name: base64.b64encode(data).decode() for name, data in SAMPLES.items()}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.strip() == "[]"


def test_sealed_process_reads_what_an_open_one_reads() -> None:
    with DocumentReader(timeout_s=60, memory_mb=1024, max_file_mb=50) as reader:
        for name, data in SAMPLES.items():
            assert outcome(reader.read, data, name) == outcome(load, data, name), name


def outcome(read: object, data: bytes, name: str) -> object:
    try:
        return read(data, name)  # type: ignore[operator]
    except DocumentError as error:
        return error.code
