"""Run BERT-type encoders in ONNX Runtime: embeddings, names, answers.

Input text is tokenised without truncation; callers cut it into sequences that fit
and get one row per token back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import tokenizers
from onnxruntime.capi import onnxruntime_pybind11_state as native

from secure_rag.errors import ArtifactError
from secure_rag.runtime.kinds import COUNT, SEGMENTS, kinds_of
from secure_rag.runtime.manifest import LocatedModel
from secure_rag.runtime.repair import repair_hint

Matrix = npt.NDArray[np.float32]
Tokenizer = tokenizers.Tokenizer
TYPES = "token_type_ids"
_SPECIAL = 2
_ERRORS_ONLY = 3
_LOAD_ERRORS: tuple[type[Exception], ...] = (
    ValueError,
    RuntimeError,
    *(
        kind
        for kind in vars(native).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    ),
)
"""What the libraries raise; ONNX Runtime's exceptions have no base class of their own."""


@dataclass(frozen=True)
class Tokens:
    """Word pieces of a text."""

    ids: list[int] = field(repr=False)
    offsets: list[tuple[int, int]] = field(repr=False)
    """Code-point offsets into the text, one pair per id."""
    kinds: list[int] = field(repr=False, default_factory=list)
    """Letter case and line starts (`runtime.kinds`), of models that take them in."""

    def __len__(self) -> int:
        return len(self.ids)


class Encoder:
    """One loaded encoder with its tokenizer; not shared between threads.

    A row depends on its own sequence only, not on the batch it was run in (but for
    the last digits, which depend on the shape of the batch).
    """

    def __init__(self, located: LocatedModel, *, threads: int = 1) -> None:
        """Load the graph, the tokenizer and the config of a located model.

        Raises:
            ArtifactError: a file is not what its name says.
            DigestMismatchError: a file changed since it was located.
        """
        self.name = located.model.name
        self.digest = located.digest
        try:
            self.config: dict[str, Any] = json.loads(_bytes_of(located, "config.json"))
            self._tokenizer = open_tokenizer(_bytes_of(located, "tokenizer.json"))
            self._session = open_session(_bytes_of(located, ".onnx"), threads=threads)
        except _LOAD_ERRORS as error:
            raise ArtifactError(
                f"model {self.name} cannot be loaded: {type(error).__name__}",
                code="model.load",
                hint=repair_hint(located.model, located.folder),
            ) from None
        self.max_tokens = int(self.config.get("max_position_embeddings", 512))
        self._inputs = {item.name for item in self._session.get_inputs()}
        self._sees_kinds = self.config.get("token_kinds") == COUNT
        self._sees_pairs = self.config.get("segments") == SEGMENTS
        self._output = self._session.get_outputs()[0].name

    @cached_property
    def _marks(self) -> tuple[int, int, int]:
        """Ids of [CLS], [SEP] and [PAD]."""
        ids = []
        for token in ("[CLS]", "[SEP]", "[PAD]"):
            number = self._tokenizer.token_to_id(token)
            if number is None:
                raise ArtifactError(f"model {self.name}: its tokenizer has no {token}")
            ids.append(number)
        return ids[0], ids[1], ids[2]

    def tokenize(self, text: str) -> Tokens:
        """Split a text of any length; no special tokens, nothing cut off."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        offsets = encoding.offsets
        seen = kinds_of(text, offsets) if self._sees_kinds else []
        return Tokens(encoding.ids, offsets, seen)

    def count_tokens(self, text: str) -> int:
        """Return the number of word pieces, without [CLS] and [SEP]."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def run(
        self,
        sequences: Sequence[Sequence[int]],
        *,
        kinds: Sequence[Sequence[int]] | None = None,
        batch_tokens: int = 512,
    ) -> list[Matrix]:
        """Encode sequences of word-piece ids; one matrix each, a row per id.

        [CLS] and [SEP] are added here and their rows taken off again. Sequences of
        like length share a batch of at most `batch_tokens` padded tokens (or one
        sequence, if that is longer).

        Args:
            sequences: ids of word pieces.
            kinds: the kind of each piece, for a model that takes them in.
            batch_tokens: padded tokens of a batch.

        Raises:
            ValueError: if a sequence is longer than `max_tokens` - 2, or kinds are missing.
        """
        if self._sees_kinds and kinds is None:
            raise ValueError("this model takes in the kinds of word pieces")
        results: list[Matrix] = [np.empty((0, 0), np.float32)] * len(sequences)
        for members, output in self._batches(sequences, batch_tokens, kinds):
            for row, member in enumerate(members):
                results[member] = output[row, 1 : 1 + len(sequences[member])].copy()
        return results

    def run_pairs(
        self,
        pairs: Sequence[tuple[Sequence[int], Sequence[int]]],
        *,
        batch_tokens: int = 512,
    ) -> list[Matrix]:
        """Encode pairs of a question and a passage, as `[CLS] question [SEP] passage [SEP]`.

        The marks are added here; the question with its marks is segment 0, the passage
        with the last mark segment 1. Batches are made as in `run`.

        Args:
            pairs: ids of the question's and of the passage's word pieces.
            batch_tokens: padded tokens of a batch.

        Returns:
            One matrix per pair, in the order given: first the row of [CLS], then a row
            per id of the passage.

        Raises:
            ValueError: if a pair is longer than `max_tokens` - 3, or the model knows no
                segments.
        """
        if not self._sees_pairs or TYPES not in self._inputs:
            raise ValueError("this model takes in no pairs")
        separator = self._marks[1]
        joined = [[*question, separator, *passage] for question, passage in pairs]
        segments = [[0] * (len(one) + 1) + [1] * (len(two) + 1) for one, two in pairs]
        results: list[Matrix] = [np.empty((0, 0), np.float32)] * len(pairs)
        for members, output in self._batches(joined, batch_tokens, segments):
            for row, member in enumerate(members):
                question, passage = pairs[member]
                first = len(question) + _SPECIAL
                kept = [0, *range(first, first + len(passage))]
                results[member] = output[row, kept]
        return results

    def mean(self, sequences: Sequence[Sequence[int]], *, batch_tokens: int = 512) -> Matrix:
        """Return the mean over all rows of each sequence, [CLS] and [SEP] included.

        Sentence embedders are trained on this mean; [n, width], not normalised.
        """
        means: dict[int, Matrix] = {}
        for members, output in self._batches(sequences, batch_tokens):
            for row, member in enumerate(members):
                length = len(sequences[member]) + _SPECIAL
                means[member] = output[row, :length].mean(axis=0, dtype=np.float32)
        if not means:
            return np.empty((0, self.width), np.float32)
        return np.stack([means[position] for position in range(len(sequences))])

    @property
    def width(self) -> int:
        """Numbers per row of the output."""
        return int(self._session.get_outputs()[0].shape[-1])

    def _batches(
        self,
        sequences: Sequence[Sequence[int]],
        batch_tokens: int,
        kinds: Sequence[Sequence[int]] | None = None,
    ) -> Iterator[tuple[list[int], Matrix]]:
        lengths = [len(sequence) + _SPECIAL for sequence in sequences]
        if lengths and max(lengths) > self.max_tokens:
            raise ValueError(f"a sequence has more than {self.max_tokens - _SPECIAL} tokens")

        def forward(members: list[int]) -> tuple[list[int], Matrix]:
            chosen = [kinds[member] for member in members] if kinds else None
            return members, self._forward([sequences[member] for member in members], chosen)

        batch: list[int] = []
        for position in sorted(range(len(sequences)), key=lambda index: (lengths[index], index)):
            if batch and lengths[position] * (len(batch) + 1) > batch_tokens:
                yield forward(batch)
                batch = []
            batch.append(position)
        if batch:
            yield forward(batch)

    def _forward(self, sequences: list[Sequence[int]], kinds: list[Sequence[int]] | None) -> Matrix:
        first, last, padding = self._marks
        width = max(map(len, sequences)) + _SPECIAL
        ids = np.full((len(sequences), width), padding, np.int64)
        mask = np.zeros((len(sequences), width), np.int64)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence) + _SPECIAL] = [first, *sequence, last]
            mask[row, : len(sequence) + _SPECIAL] = 1
        feed = {"input_ids": ids, "attention_mask": mask}
        if TYPES in self._inputs:
            types = feed[TYPES] = np.zeros_like(ids)
            for row, numbers in enumerate(kinds or ()):
                types[row, 1 : 1 + len(numbers)] = numbers
        output = self._session.run([self._output], feed)[0]
        return np.asarray(output, np.float32)


def _bytes_of(located: LocatedModel, name_or_suffix: str) -> bytes:
    """Return a file of the model: the very bytes that have its digest."""
    file = located.checked(name_or_suffix)
    data = file.read()
    if data is None:
        raise located.changed(file.pin.name)
    return data


def open_tokenizer(content: bytes) -> tokenizers.Tokenizer:
    """Load a `tokenizer.json` without the truncation and padding that it may ask for."""
    tokenizer = tokenizers.Tokenizer.from_buffer(content)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def open_session(graph: bytes, *, threads: int = 1) -> onnxruntime.InferenceSession:
    """Load a graph for the processor, without idle threads that spin."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # idle threads that spin take the cores from the other worker processes
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
