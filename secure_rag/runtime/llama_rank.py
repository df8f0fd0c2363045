"""Run GGUF rerankers with llama.cpp: one number for a question and a passage read together.

A reranker is an encoder with a classifier, and says so in its own file (pooling type
`rank`): llama.cpp aborts the process where it is asked to rank with any other model.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

from llama_cpp import llama_cpp as native

from secure_rag.errors import ArtifactError
from secure_rag.runtime.cores import physical_cores
from secure_rag.runtime.llama import _prepare_library
from secure_rag.runtime.manifest import LocatedModel

MAX_TOKENS: Final = 512
"""Question and passage together; a longer passage is cut."""

_RANK: Final = 4
_META_BYTES: Final = 64


class LlamaReranker:
    """One loaded GGUF reranker with one context; one call at a time."""

    def __init__(self, located: LocatedModel, *, threads: int = 0) -> None:
        """Map the model file into memory and make a context.

        Args:
            located: a verified model with one `.gguf` file.
            threads: 0 takes one per physical core.

        Raises:
            ArtifactError: the file cannot be loaded, or is no reranker (`model.load`).
            DigestMismatchError: it changed while it was loaded.
        """
        self.name = located.model.name
        self.digest = located.digest
        self._model: Any = None
        self._context: Any = None
        _prepare_library()
        file = located.checked(".gguf")
        self._load(str(file.path), threads or physical_cores())
        if not file.is_unchanged():
            self.close()
            raise located.changed(file.pin.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the model; the reranker cannot be used afterwards."""
        if self._context:
            native.llama_free(self._context)
            self._context = None
        if self._model:
            native.llama_model_free(self._model)
            self._model = None

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the classifier's number for each text beside the question.

        Raises:
            ArtifactError: llama.cpp cannot compute (`model.compute`).
        """
        asked = self._tokenize(question)[: self._tokens // 2]
        return [self._score(self._pair(asked, self._tokenize(text))) for text in texts]

    def _pair(self, question: list[int], text: list[int]) -> list[int]:
        """Join both as encoders were trained to read pairs: [start] q [end] ([sep]) d [end]."""
        start, end, between = (
            [token] if token >= 0 else [] for token in (self._start, self._end, self._between)
        )
        head = [*start, *question, *end, *between]
        return [*head, *text[: self._tokens - len(head) - len(end)], *end]

    def _score(self, tokens: list[int]) -> float:
        memory = native.llama_get_memory(self._context)
        if memory:
            native.llama_memory_clear(memory, True)
        batch = native.llama_batch_init(len(tokens), 0, 1)
        try:
            batch.n_tokens = len(tokens)
            for place, token in enumerate(tokens):
                batch.token[place], batch.pos[place] = token, place
                batch.n_seq_id[place], batch.seq_id[place][0] = 1, 0
                batch.logits[place] = 1
            status = native.llama_decode(self._context, batch)
        finally:
            native.llama_batch_free(batch)
        found = native.llama_get_embeddings_seq(self._context, 0) if status == 0 else None
        if not found:
            raise ArtifactError(
                f"model {self.name}: llama.cpp could not compute (status {status})",
                code="model.compute",
            )
        # One float is valid: the classifier's output, not a vector.
        return float(found[0])

    def _tokenize(self, text: str) -> list[int]:
        data = text.encode("utf-8", "replace")
        size = len(data) + 8
        buffer = (native.llama_token * size)()
        count = native.llama_tokenize(self._vocab, data, len(data), buffer, size, False, False)
        if count < 0:
            raise ArtifactError(f"model {self.name}: its tokenizer failed", code="model.compute")
        return list(buffer[:count])

    def _load(self, path: str, threads: int) -> None:
        parameters = native.llama_model_default_params()
        parameters.n_gpu_layers = 0
        self._model = native.llama_model_load_from_file(path.encode(), parameters)
        if not self._model:
            raise self._failed("is not a model that llama.cpp can load")
        if self._meta("general.architecture") is None or self._pooling() != _RANK:
            self.close()
            raise self._failed("is no reranker: its file does not say pooling type rank")
        self._vocab = native.llama_model_get_vocab(self._model)
        trained = int(native.llama_model_n_ctx_train(self._model))
        self._tokens = min(MAX_TOKENS, trained) if trained > 0 else MAX_TOKENS
        self._context = native.llama_init_from_model(self._model, self._parameters(threads))
        if not self._context:
            self.close()
            raise self._failed(f"has no room for a context of {self._tokens} tokens")
        self._start = native.llama_vocab_bos(self._vocab)
        separator, end = native.llama_vocab_sep(self._vocab), native.llama_vocab_eos(self._vocab)
        self._end = end if end >= 0 else separator
        adds = native.llama_vocab_get_add_sep(self._vocab) and end >= 0
        self._between = separator if adds and separator >= 0 else -1

    def _parameters(self, threads: int) -> Any:
        parameters = native.llama_context_default_params()
        # An encoder reads its whole input at once.
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = self._tokens
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.embeddings = True
        parameters.pooling_type = native.LLAMA_POOLING_TYPE_RANK
        parameters.no_perf = True
        return parameters

    def _pooling(self) -> int:
        found = self._meta(f"{self._meta('general.architecture')}.pooling_type")
        return int(found) if found and found.isdigit() else -1

    def _meta(self, key: str) -> str | None:
        buffer = ctypes.create_string_buffer(_META_BYTES)
        size = native.llama_model_meta_val_str(self._model, key.encode(), buffer, _META_BYTES)
        return buffer.value.decode("utf-8", "replace") if size >= 0 else None

    def _failed(self, what: str) -> ArtifactError:
        return ArtifactError(
            f"model {self.name}: it {what}",
            code="model.load",
            hint="name a GGUF reranker with `secure-rag models add`, or leave `reranker` empty",
        )
