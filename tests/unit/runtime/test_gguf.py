"""GGUF headers: read within bounds, whatever the file says; what fits and what does not."""

from __future__ import annotations

import random
import struct
import tracemalloc
from pathlib import Path

import pytest

from secure_rag.errors import ArtifactError, InputError
from secure_rag.isolation.sandbox import SandboxError
from secure_rag.runtime import gguf
from secure_rag.runtime.fit import available_memory, check_fit, estimate, unfit_to_write
from secure_rag.runtime.gguf import Header, read_header, vet_header
from secure_rag.runtime.manifest import LocatedModel
from tests.assets.gguf_files import GgufFile, changed, tiny_model

SMALL = GgufFile({"general.architecture": "llama", "general.alignment": 32, "x.list": [1, 2, 3]})
LLAMA = tiny_model("llama")
HUGE = 1 << 62


def header(file: GgufFile, tmp_path: Path) -> Header:
    return read_header(file.write(tmp_path / "model.gguf"))


def test_read_header_tells_what_the_file_says(tmp_path: Path) -> None:
    read = header(changed(LLAMA, {"llama.odd": [4, 2], "general.flag": True}), tmp_path)
    assert read.architecture == "llama"
    assert read.own("context_length") == 512
    assert read.own("odd") == (4, 2)
    assert read.values["general.flag"] is True
    assert read.values["tokenizer.ggml.tokens"] == 263
    assert read.tensors == len(LLAMA.tensors)
    assert read.weights_bytes == sum(tensor.size * 4 for tensor in LLAMA.tensors.values())


def test_read_header_of_the_starter_model(generator: LocatedModel) -> None:
    read = read_header(generator.path(".gguf"))
    assert (read.architecture, read.own("block_count")) == ("llama", 30)
    fit = estimate(read, 2048)
    # 23,040 bytes of keys and values for each token (research, measured), and some room
    assert 2560 * 23_040 < fit.context_bytes < 2560 * 23_040 + (100 << 20)
    assert fit.speed == "fast"


def broken(content: bytes, tmp_path: Path) -> InputError:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_header(path)
    return caught.value


def patched(offset: int, kind: str, value: int) -> bytes:
    content = bytearray(LLAMA.to_bytes())
    struct.pack_into(kind, content, offset, value)
    return bytes(content)


KEY = 24
FIRST_VALUE = KEY + 8 + len("general.architecture")
WRONG = {
    "empty": b"",
    "other magic": patched(0, "<I", 7),
    "version 1": patched(4, "<I", 1),
    "big endian": patched(4, ">I", 3),
    "version 4": patched(4, "<I", 4),
    "no tensors": patched(8, "<Q", 0),
    "many tensors": patched(8, "<Q", HUGE),
    "one tensor more": patched(8, "<Q", len(LLAMA.tensors) + 1),
    "many entries": patched(16, "<Q", HUGE),
    "no entries": patched(16, "<Q", 0),
    "long key": patched(KEY, "<Q", HUGE),
    "unknown type of value": patched(FIRST_VALUE, "<I", 99),
    "long text": patched(FIRST_VALUE + 4, "<Q", HUGE),
    "a list of lists": patched(FIRST_VALUE, "<I", 9),
    "cut in the data": LLAMA.to_bytes()[:-1],
    "cut in the header": LLAMA.to_bytes()[:700],
}


@pytest.mark.parametrize("name", WRONG)
def test_read_header_that_contradicts_itself_is_an_input_error(name: str, tmp_path: Path) -> None:
    error = broken(WRONG[name], tmp_path)
    assert error.code in ("model.gguf", "input")
    assert error.hint or error.code == "input"


@pytest.mark.parametrize("alignment", [0, 3, 1 << 30])
def test_read_header_alignment_that_cannot_be_is_refused(alignment: int, tmp_path: Path) -> None:
    content = changed(LLAMA, {"general.alignment": alignment}).to_bytes()
    assert "alignment" in broken(content, tmp_path).message


IMPOSSIBLE = {
    "2^62 layers": {"block_count": HUGE},
    "2^64-1 layers": {"block_count": (1 << 64) - 1},
    "4e9 layers": {"block_count": 4_000_000_000},
    "10,001 layers": {"block_count": 10_001},
    "layers below none": {"block_count": -1},
    "half a layer": {"block_count": 1.5},
    "infinite layers": {"block_count": float("inf")},
    "layers as a list": {"block_count": [2]},
    "layers yes": {"block_count": True},
    "layers as text": {"block_count": "two"},
    "infinite heads": {"attention.head_count_kv": [float("inf")]},
    "no number of heads": {"attention.head_count_kv": [float("nan"), 2.0]},
    "whole heads as floats": {"attention.head_count": [2.0]},
    "heads below none": {"attention.head_count_kv": [2, -1]},
    "infinite width": {"embedding_length": float("inf")},
    "2^40 tokens": {"context_length": 1 << 40},
    "infinite key": {"attention.key_length": float("inf")},
    "2^31 value": {"attention.value_length": 1 << 31},
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_read_header_size_that_cannot_be_is_refused_by_name(name: str, tmp_path: Path) -> None:
    ((key, value),) = IMPOSSIBLE[name].items()
    error = broken(changed(LLAMA, {f"llama.{key}": value}).to_bytes(), tmp_path)
    assert error.code == "model.gguf"
    assert error.message.endswith(f"{key} cannot be right")


def test_read_header_sizes_at_their_bounds_are_read_and_estimated(tmp_path: Path) -> None:
    large = (1 << 31) - 1
    most = {
        "llama.block_count": 10_000,
        "llama.context_length": large,
        "llama.embedding_length": 2 << 14,
        "llama.attention.head_count": large,
        "llama.attention.head_count_kv": [large] * 1024,
        "llama.attention.key_length": large,
    }
    fit = estimate(header(changed(LLAMA, most), tmp_path), large)
    assert fit.memory_bytes > 1 << 100
    with pytest.raises(ArtifactError) as caught:
        check_fit(header(changed(LLAMA, most), tmp_path), name="x", context_tokens=2048)
    assert caught.value.code == "model.memory"


def test_read_header_list_longer_than_the_file_allocates_nothing(tmp_path: Path) -> None:
    for kind in (0, 8):
        content = SMALL.to_bytes()
        at = content.index(b"x.list") + len("x.list") + 4
        head = content[:at] + struct.pack("<IQ", kind, 1 << 40) + bytes(64)
        head = head[:8] + struct.pack("<Q", 1) + head[16:]
        tracemalloc.start()
        broken(head, tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1 << 20


def test_read_header_any_flipped_bit_is_read_or_refused(tmp_path: Path) -> None:
    whole = LLAMA.to_bytes()
    size = len(whole) - sum(tensor.size * 4 for tensor in LLAMA.tensors.values())
    path = tmp_path / "flipped.gguf"
    draw = random.Random(6)
    outcomes = set()
    for _ in range(1500):
        content = bytearray(whole)
        for _ in range(draw.choice((1, 1, 2, 8))):
            content[draw.randrange(size)] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        try:
            read_header(path)
            outcomes.add("read")
        except InputError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_read_header_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = LLAMA.to_bytes()
    path = tmp_path / "cut.gguf"
    for size in range(0, len(whole), 997):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError):
            read_header(path)


@pytest.mark.parametrize("name", ["whole", "empty", "version 4", "long text", "cut in the header"])
def test_vet_header_says_what_read_header_says(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    odd = {"llama.odd": [4, 2], "general.flag": True}
    path.write_bytes(changed(LLAMA, odd).to_bytes() if name == "whole" else WRONG[name])
    if name == "whole":
        assert vet_header(path) == read_header(path)
        return
    said = []
    for reader in (read_header, vet_header):
        with pytest.raises(InputError) as caught:
            reader(path)
        said.append((caught.value.message, caught.value.code, caught.value.hint))
    assert said[0] == said[1]


def test_read_header_longer_than_its_bound_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gguf, "_MAX_HEADER", 4000)
    with pytest.raises(InputError) as caught:
        header(LLAMA, tmp_path)
    assert "longer than" in caught.value.message


ANSWERS = {
    "no object": [],
    "neither": {},
    "no numbers": {"header": {"version": "3", "values": {}, "tensors": 1, "weights_bytes": 1}},
    "negative": {"header": {"version": 3, "values": {}, "tensors": -1, "weights_bytes": 1,
                            "file_bytes": 1}},
    "nested value": {"header": {"version": 3, "values": {"a": {}}, "tensors": 1,
                                "weights_bytes": 1, "file_bytes": 1}},
    "list of texts": {"header": {"version": 3, "values": {"a": ["b"]}, "tensors": 1,
                                 "weights_bytes": 1, "file_bytes": 1}},
    "size that cannot be": {"header": {"version": 3, "tensors": 1, "weights_bytes": 1,
                                       "file_bytes": 1, "values": {
                                           "general.architecture": "llama",
                                           "llama.block_count": 1 << 62}}},
    "infinite size": {"header": {"version": 3, "tensors": 1, "weights_bytes": 1,
                                 "file_bytes": 1, "values": {
                                     "general.architecture": "llama",
                                     "llama.attention.head_count": [float("inf")]}}},
    "long reason": {"wrong": "x" * 201},
    "reason that drives a terminal": {"wrong": "\x1b]0;owned\x07"},
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_vet_header_answer_of_a_taken_process_is_checked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gguf, "run_sandboxed", lambda *_, **__: ANSWERS[name])
    with pytest.raises(InputError) as caught:
        vet_header(LLAMA.write(tmp_path / "model.gguf"))
    assert "could not be read safely" in caught.value.message
    assert caught.value.message.isprintable()


def test_vet_header_reader_that_is_stopped_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise SandboxError("time_out")

    monkeypatch.setattr(gguf, "run_sandboxed", stopped)
    with pytest.raises(InputError) as caught:
        vet_header(LLAMA.write(tmp_path / "model.gguf"))
    assert "time_out" in caught.value.message


UNFIT = {
    "encoder": {"general.architecture": "bert"},
    "embedder": {"llama.pooling_type": 3},
    "reranker": {"llama.pooling_type": 4},
    "adapter": {"general.type": "adapter"},
    "projector": {"general.type": "mmproj"},
    "vision part": {"general.architecture": "clip"},
    "encoder-decoder": {"general.architecture": "t5"},
    "nameless": {"general.architecture": None},
}


@pytest.mark.parametrize("name", UNFIT)
def test_check_fit_file_that_writes_nothing_is_refused(name: str, tmp_path: Path) -> None:
    read = header(changed(LLAMA, UNFIT[name]), tmp_path)
    assert unfit_to_write(read) is not None
    with pytest.raises(ArtifactError) as caught:
        check_fit(read, name="x", context_tokens=512)
    assert (caught.value.code, bool(caught.value.hint)) == ("model.kind", True)


def test_check_fit_too_little_memory_is_refused_with_figures(tmp_path: Path) -> None:
    read = header(LLAMA, tmp_path)
    need = check_fit(read, name="x", context_tokens=512, available=1 << 30).memory_bytes
    with pytest.raises(ArtifactError) as caught:
        check_fit(read, name="x", context_tokens=512, available=need - 1)
    assert caught.value.code == "model.memory"
    assert "0.1 GB" in caught.value.message


def test_estimate_counts_layers_that_differ(tmp_path: Path) -> None:
    plain = estimate(header(LLAMA, tmp_path), 512)
    one = changed(LLAMA, {"llama.attention.head_count_kv": [2, 0]})
    assert estimate(header(one, tmp_path), 512).context_bytes < plain.context_bytes
    none = changed(LLAMA, {"llama.block_count": None, "llama.embedding_length": 0})
    assert estimate(header(none, tmp_path), 512).weights_bytes == plain.weights_bytes


def test_estimate_allocates_nothing_for_layers() -> None:
    own = {"general.architecture": "llama", "llama.block_count": 4_000_000_000,
           "llama.embedding_length": 64, "llama.attention.head_count": 4}  # fmt: skip
    tracemalloc.start()
    estimate(Header(3, own, 1, 1, 1), 512)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 16


def test_estimate_large_model_is_slow() -> None:
    own = {"general.architecture": "llama", "llama.block_count": 80, "llama.embedding_length": 8192}
    fit = estimate(Header(3, own, 700, 40 << 30, 40 << 30), 2048)
    assert fit.speed == "slow"
    assert "slow" in fit.words()


def test_available_memory_takes_the_smaller_bound(tmp_path: Path) -> None:
    system = tmp_path / "meminfo"
    system.write_text("MemTotal: 9 kB\nMemAvailable: 2048 kB\n")
    assert available_memory(system=system, group=tmp_path / "none") == 2048 * 1024
    limits = {"memory.max": "1000", "memory.current": "900", "memory.stat": "inactive_file 50"}
    for name, text in limits.items():
        (tmp_path / name).write_text(text)
    assert available_memory(system=system, group=tmp_path) == 150
    (tmp_path / "memory.max").write_text("max")
    assert available_memory(system=system, group=tmp_path) == 2048 * 1024
    system.write_text("nonsense")
    assert available_memory(system=system, group=tmp_path) is None
