"""What reads files that others wrote, with good files to begin with and the errors it declares."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from secure_rag.audit.note import NoteError, parse_checkpoint, parse_note, parse_verifier
from secure_rag.audit.pruned import kept_numbers, pruned_path
from secure_rag.audit.segments import segment_path
from secure_rag.documents.reader import DocumentReader
from secure_rag.documents.reasons import REASONS
from secure_rag.documents.wire import from_plain, to_plain
from secure_rag.errors import (
    ArtifactError,
    ConfigError,
    DocumentError,
    InputError,
    PolicyError,
)
from secure_rag.policy.cases import load_cases
from secure_rag.policy.loader import load_policy
from secure_rag.runtime.chat_template import CHATML, ChatTemplate
from secure_rag.runtime.gguf import read_header
from secure_rag.runtime.pins import read_lock, read_manifest
from secure_rag.settings import load_settings, starter_settings
from tests.assets.builders import FIELDS, build, file_name
from tests.assets.gguf_files import tiny_model
from tests.conftest import ROOT
from tests.unit.audit.audit_support import make_log, verify_twice

DOCUMENT_S = 20.0
"""A spoilt document of some kilobytes that takes longer is a finding."""
Read = Callable[[bytes], None]
EXAMPLES = ROOT / "examples" / "documents"


@dataclass(frozen=True)
class Target:
    """A reader under test."""

    name: str
    open: Callable[[ExitStack, Path], Read]
    """Makes the reader, given a stack to close things by and a folder of its own."""
    samples: Callable[[Path], list[bytes]] = field(repr=False)


def documents(kind: str) -> Target:
    """Return the loader of one format, in the sealed parser process."""

    def opened(stack: ExitStack, _: Path) -> Read:
        reader = stack.enter_context(
            DocumentReader(timeout_s=DOCUMENT_S, memory_mb=1024, max_file_mb=50)
        )

        def read(data: bytes) -> None:
            try:
                document = reader.read(data, file_name(kind))
            except DocumentError as error:
                assert error.code in REASONS
                assert error.code not in ("document.crashed", "document.time_out"), error.code
                return
            from_plain(json.loads(json.dumps(to_plain(document))))

        return read

    def samples(_: Path) -> list[bytes]:
        values = {name: f"Word {name} 12" for name in FIELDS[kind]}
        suffix = Path(file_name(kind)).suffix
        return [build(kind, values), *(one.read_bytes() for one in EXAMPLES.rglob(f"*{suffix}"))]

    return Target(f"document-{kind}", opened, samples)


def file_reader(
    name: str,
    call: Callable[[Path], object],
    errors: type[Exception] | tuple[type[Exception], ...],
    samples: Callable[[Path], list[bytes]],
    file: str = "file",
) -> Target:
    """Return a target that reads a file by its path."""

    def opened(_: ExitStack, folder: Path) -> Read:
        path = folder / file

        def read(data: bytes) -> None:
            path.write_bytes(data)
            with suppress(errors):
                call(path)

        return read

    return Target(name, opened, samples)


def text_reader(
    name: str,
    call: Callable[[str], object],
    errors: type[Exception] | tuple[type[Exception], ...],
    samples: Callable[[Path], list[bytes]],
) -> Target:
    """Return a target that reads a text."""

    def opened(_: ExitStack, __: Path) -> Read:
        def read(data: bytes) -> None:
            with suppress(errors):
                call(data.decode("utf-8", "replace"))

        return read

    return Target(name, opened, samples)


def _policy_samples(suffix: str) -> Callable[[Path], list[bytes]]:
    def samples(folder: Path) -> list[bytes]:
        for path in (ROOT / "policies").iterdir():
            shutil.copy(path, folder)
        found = sorted((ROOT / "policies").glob(f"*{suffix}"))
        wanted = [one for one in found if suffix != ".yaml" or not one.name.endswith(".test.yaml")]
        return [one.read_bytes()[:6000] for one in wanted if "presidio" not in one.name]

    return samples


def _settings(_: Path) -> list[bytes]:
    more = (
        "\n[ingest]\nworkers = 2\nparse_timeout_s = 9.5\n[retrieval]\npassages = 4\n"
        "[answering]\nwriter = 'free'\nevidence_threshold = 0.5\n[reveal]\nper_hour = 20\n"
    )
    return [(starter_settings("0123456789abcdef") + more).encode()]


def _pins(_: Path) -> list[bytes]:
    lock = '[x]\nsource = "{0}"\nrecipe = "r/1"\nsize = 7\nsha256 = "{0}"\n'.format("a" * 64)
    manifest = (ROOT / "models" / "manifest.toml").read_bytes()
    return [manifest, f"format = 1\n{lock}".encode()]


def _read_pins(path: Path) -> None:
    for read in (read_manifest, read_lock):
        with suppress(ArtifactError):
            read(path)


def _notes(folder: Path) -> list[bytes]:
    made = make_log(folder / "audit")
    made.run(2)
    records = (json.loads(line) for line in made.lines())
    notes = [record["note"] for record in records if record["type"] == "checkpoint"]
    return [*(note.encode() for note in notes), made.genesis.encode()]


def _read_note(text: str) -> None:
    for parse in (parse_verifier, parse_checkpoint):
        with suppress(NoteError):
            parse(text)
    parse_note(text)


def log_file(name: str, pick: Callable[[Path], Path]) -> Target:
    """Return the verification, by both verifiers, of a log of which one file is spoilt."""

    def samples(folder: Path) -> list[bytes]:
        made = make_log(folder / "audit")
        for number in range(6):
            made.run(2, session=f"s{number}", segment_bytes=1500)
        made.prune(2)
        return [pick(made.folder).read_bytes()]

    def opened(_: ExitStack, folder: Path) -> Read:
        path = pick(folder / "audit")

        def read(data: bytes) -> None:
            path.write_bytes(data)
            with suppress(InputError):
                verify_twice(folder / "audit")

        return read

    return Target(name, opened, samples)


def _templates(_: Path) -> list[bytes]:
    more = "{% for m in messages %}{{ m.role | trim }}: {{ m['content'][:9] + '!' }}{% endfor %}"
    return [CHATML.encode(), more.encode()]


def _render(text: str) -> None:
    ChatTemplate(text, bos="<s>", eos="</s>").render(
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}]
    )


def _wire(_: Path) -> list[bytes]:
    from secure_rag.documents.loading import load

    return [json.dumps(to_plain(load(build(kind, {}), file_name(kind)))).encode()
            for kind in ("docx", "html", "xlsx")]  # fmt: skip


def _read_wire(text: str) -> None:
    value = json.loads(text)
    document = from_plain(value)
    assert all(block.end <= len(document.text) for block in document.blocks)


def targets() -> Iterator[Target]:
    """Yield every target."""
    yield from map(documents, sorted(FIELDS))
    yield file_reader(
        "policy",
        lambda path: load_policy(str(path)),
        PolicyError,
        _policy_samples(".yaml"),
        "p.yaml",
    )
    yield file_reader(
        "policy-cases", load_cases, PolicyError, _policy_samples(".test.yaml"), "p.test.yaml"
    )
    yield file_reader("settings", load_settings, (ConfigError, ArtifactError), _settings)
    yield file_reader("model-pins", _read_pins, ArtifactError, _pins)
    yield file_reader(
        "gguf", read_header, InputError,
        lambda _: [tiny_model(one).to_bytes()[:40_000] for one in ("llama", "mamba")],
    )  # fmt: skip
    yield log_file("audit-pruned", pruned_path)
    yield log_file("audit-segment", lambda folder: segment_path(folder, kept_numbers(folder)[0]))
    yield text_reader("chat-template", _render, ArtifactError, _templates)
    yield text_reader("audit-note", _read_note, NoteError, _notes)
    yield text_reader("parser-answer", _read_wire, ValueError, _wire)


TARGETS: Sequence[Target] = tuple(targets())
