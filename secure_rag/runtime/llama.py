"""Run GGUF models with llama.cpp: greedy, streamed, reusing what the last call computed.

The low-level interface is used with a decode loop of our own, because the
high-level one keeps logits of every token, reads control tokens in user text and
prints while it loads. Measured on processors without a GPU: flash attention makes
generation slower, so it is off.

The same messages after the same calls give the same answer. After other calls the
reused prefix may have been computed in batches of other sizes, and the last digits,
rarely a token, can differ.
"""

from __future__ import annotations

import codecs
import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from llama_cpp import llama_cpp as native

from secure_rag.errors import ArtifactError, InputError
from secure_rag.runtime.chat_template import CHATML, PLAIN, ChatTemplate
from secure_rag.runtime.cores import physical_cores
from secure_rag.runtime.manifest import FETCH_HINT, LocatedModel

_BATCH = 512
_PIECE_BYTES = 256
_SEQUENCE = 0


@dataclass(frozen=True)
class GenerationStats:
    """What the last call cost."""

    prompt_tokens: int = 0
    computed_tokens: int = 0
    """Prompt tokens that were not taken over from the call before."""
    generated_tokens: int = 0


class LlamaGenerator:
    """One loaded GGUF model with one context; one call at a time."""

    def __init__(
        self, located: LocatedModel, *, context_tokens: int, threads: int, seed: int = 0
    ) -> None:
        """Map the model file into memory and make a context.

        Args:
            located: a verified model with one `.gguf` file.
            context_tokens: prompt and answer together; cut to what the model was trained for.
            threads: 0 takes one per physical core.
            seed: recorded only; greedy decoding draws nothing at random.

        Raises:
            ArtifactError: the file cannot be loaded, or llama.cpp was built with RPC.
        """
        self.name = located.model.name
        self.digest = located.digest
        self.seed = seed
        self.threads = threads or physical_cores()
        self.stats = GenerationStats()
        self._model: Any = None
        self._context: Any = None
        self._is_busy = False
        self._tokens: list[int] = []
        _prepare_library()
        self._load(str(located.path(".gguf")), context_tokens)
        self._template = self._read_template()

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
        """Free the model; the generator cannot be used afterwards."""
        if self._context:
            native.llama_free(self._context)
            self._context = None
        if self._model:
            native.llama_model_free(self._model)
            self._model = None

    @property
    def context_tokens(self) -> int:
        """Tokens of prompt and answer together that fit."""
        return int(native.llama_n_ctx(self._context))

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text as message content."""
        return len(self._tokenize(text, is_content=True))

    def count_prompt(self, messages: Sequence[dict[str, str]]) -> int:
        """Return the number of tokens of the whole prompt, template included."""
        return len(self._prompt(messages))

    def generate(
        self,
        messages: Sequence[dict[str, str]],
        *,
        max_tokens: int,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the answer in pieces, the most likely token each time.

        Ends at the model's end-of-turn token, before the first of `stop`, after
        `max_tokens`, or where the context is full.

        Raises:
            InputError: if the prompt leaves no room for an answer.
            RuntimeError: if another call is still running.
        """
        prompt = self._prompt(messages)
        if len(prompt) >= self.context_tokens:
            raise InputError(
                f"a prompt of {len(prompt)} tokens does not fit {self.context_tokens}",
                code="model.context",
                hint="raise context_tokens in the settings, or use fewer passages",
            )
        if self._is_busy:
            raise RuntimeError("one call at a time")
        self._is_busy = True
        try:
            yield from _held_back(self._pieces(prompt, max_tokens), stop)
        finally:
            self._is_busy = False

    def _pieces(self, prompt: list[int], max_tokens: int) -> Iterator[str]:
        reused = self._keep_prefix(prompt)
        self._decode(prompt[reused:])
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        room = min(max_tokens, self.context_tokens - len(prompt))
        for count in range(room):
            token = self._best_token()
            self.stats = GenerationStats(len(prompt), len(prompt) - reused, count)
            if native.llama_vocab_is_eog(self._vocab, token):
                return
            text = decoder.decode(self._bytes_of(token))
            self.stats = GenerationStats(len(prompt), len(prompt) - reused, count + 1)
            if text:
                yield text
            if count + 1 < room:
                self._decode([token])

    def _keep_prefix(self, prompt: list[int]) -> int:
        """Cut the cache back to what it shares with the prompt; return that length."""
        shared = 0
        for ours, theirs in zip(self._tokens, prompt[:-1], strict=False):
            if ours != theirs:
                break
            shared += 1
        memory = native.llama_get_memory(self._context)
        if not native.llama_memory_seq_rm(memory, _SEQUENCE, shared, -1):
            # models with a recurrent state cannot be cut, only emptied
            native.llama_memory_clear(memory, True)
            shared = 0
        del self._tokens[shared:]
        return shared

    def _decode(self, tokens: list[int]) -> None:
        for start in range(0, len(tokens), _BATCH):
            piece = tokens[start : start + _BATCH]
            array = (native.llama_token * len(piece))(*piece)
            status = native.llama_decode(
                self._context, native.llama_batch_get_one(array, len(piece))
            )
            if status != 0:
                native.llama_memory_clear(native.llama_get_memory(self._context), True)
                self._tokens.clear()
                raise ArtifactError(
                    f"model {self.name}: llama.cpp could not compute (status {status})",
                    code="model.compute",
                )
            self._tokens += piece

    def _best_token(self) -> int:
        pointer = native.llama_get_logits_ith(self._context, -1)
        return int(np.argmax(np.ctypeslib.as_array(pointer, (self._vocab_size,))))

    def _prompt(self, messages: Sequence[dict[str, str]]) -> list[int]:
        tokens: list[int] = []
        for piece in self._template.render(messages):
            tokens += self._tokenize(piece.text, is_content=piece.is_content)
        first = native.llama_vocab_bos(self._vocab)
        if native.llama_vocab_get_add_bos(self._vocab) and tokens[:1] != [first]:
            tokens.insert(0, first)
        return tokens

    def _tokenize(self, text: str, *, is_content: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        size = len(data) + 8
        buffer = (native.llama_token * size)()
        count = native.llama_tokenize(
            self._vocab, data, len(data), buffer, size, False, not is_content
        )
        if count < 0:
            raise ArtifactError(f"model {self.name}: its tokenizer failed", code="model.compute")
        return list(buffer[:count])

    def _bytes_of(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(_PIECE_BYTES)
        count = native.llama_token_to_piece(self._vocab, token, buffer, _PIECE_BYTES, 0, False)
        return buffer.raw[: max(count, 0)]

    def _load(self, path: str, context_tokens: int) -> None:
        parameters = native.llama_model_default_params()
        parameters.load_mode = native.LLAMA_LOAD_MODE_MMAP
        parameters.n_gpu_layers = 0
        self._model = native.llama_model_load_from_file(path.encode(), parameters)
        if not self._model:
            raise self._failed("is not a model that llama.cpp can load")
        self._vocab = native.llama_model_get_vocab(self._model)
        self._vocab_size = int(native.llama_vocab_n_tokens(self._vocab))
        self._context = native.llama_init_from_model(
            self._model, self._context_parameters(context_tokens)
        )
        if not self._context:
            self.close()
            raise self._failed(f"has no room for a context of {context_tokens} tokens")

    def _context_parameters(self, context_tokens: int) -> Any:
        trained = int(native.llama_model_n_ctx_train(self._model))
        parameters = native.llama_context_default_params()
        parameters.n_ctx = min(context_tokens, trained) if trained > 0 else context_tokens
        parameters.n_batch = _BATCH
        parameters.n_ubatch = _BATCH
        parameters.n_threads = self.threads
        parameters.n_threads_batch = self.threads
        parameters.flash_attn_type = native.LLAMA_FLASH_ATTN_TYPE_DISABLED
        parameters.no_perf = True
        return parameters

    def _read_template(self) -> ChatTemplate:
        """Take the file's template, else ChatML if the model knows its tokens, else plain."""
        found = native.llama_model_chat_template(self._model, None)
        if found:
            source = found.decode("utf-8", "replace")
        else:
            knows = len(self._tokenize("<|im_start|>", is_content=False)) == 1
            source = CHATML if knows else PLAIN
        return ChatTemplate(
            source,
            bos=self._token_text(native.llama_vocab_bos(self._vocab)),
            eos=self._token_text(native.llama_vocab_eos(self._vocab)),
        )

    def _token_text(self, token: int) -> str:
        if token < 0:
            return ""
        text: bytes = native.llama_vocab_get_text(self._vocab, token)
        return text.decode("utf-8", "replace")

    def _failed(self, what: str) -> ArtifactError:
        return ArtifactError(f"model {self.name}: it {what}", code="model.load", hint=FETCH_HINT)


def requantise(source: Path, result: Path) -> None:
    """Lay the weights of a GGUF file out as Q8_0.

    llama.cpp has fast kernels for Q8_0, and none for Q4_1: measured on one thread,
    prompts take half the time and answers two thirds, at the same perplexity.

    Raises:
        ArtifactError: if llama.cpp cannot read the file.
    """
    _prepare_library()
    parameters = native.llama_model_quantize_default_params()
    parameters.ftype = native.LLAMA_FTYPE_MOSTLY_Q8_0
    parameters.allow_requantize = True
    parameters.nthread = 1
    names = (str(source).encode(), str(result).encode())
    if native.llama_model_quantize(*names, ctypes.byref(parameters)) != 0:
        raise ArtifactError(f"{source.name} cannot be converted", code="model.convert")


def _held_back(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """Pass text on until one of `stop`, keeping back an end that may become one."""
    longest = max(map(len, stop), default=0)
    text = ""
    for piece in pieces:
        text += piece
        ends = [position for mark in stop if (position := text.find(mark)) >= 0]
        if ends:
            if text[: min(ends)]:
                yield text[: min(ends)]
            return
        keep = next(
            (
                size
                for size in range(min(longest - 1, len(text)), 0, -1)
                if any(mark.startswith(text[-size:]) for mark in stop)
            ),
            0,
        )
        ready, text = text[: len(text) - keep], text[len(text) - keep :]
        if ready:
            yield ready
    if text:
        yield text


@native.llama_log_callback  # type: ignore[untyped-decorator]
def _silent(_level: int, _text: bytes, _data: Any) -> None:
    """Drop llama.cpp's messages: they may quote what it was given."""


_is_prepared = False


def _prepare_library() -> None:
    """Start llama.cpp once, silent, and make sure it holds no network code."""
    global _is_prepared
    if _is_prepared:
        return
    if native.llama_supports_rpc():
        raise ArtifactError(
            "this llama.cpp was built with RPC, which opens sockets",
            code="model.rpc",
            hint="install the llama-cpp-python that `make setup` builds",
        )
    native.llama_log_set(_silent, ctypes.c_void_p(0))
    native.llama_backend_init()
    _is_prepared = True
