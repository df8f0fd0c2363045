"""llama.cpp as an engine: GGUF models, without its own loop, logs and caches.

The low-level interface is used with a decode loop of our own (`decoding.py`), because
the high-level one keeps scores of every token, reads control tokens in user text and
prints while it loads.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from llama_cpp import llama_cpp as native

from secure_rag.errors import ArtifactError, InputError
from secure_rag.runtime.adapters import ADAPTER_FILE, LocatedAdapter
from secure_rag.runtime.chat_template import CHATML, PLAIN, ChatTemplate
from secure_rag.runtime.decoding import TextGenerator
from secure_rag.runtime.engine import KEPT_PREFIXES, KEPT_TOKENS, LIVE, Scores, Tuning
from secure_rag.runtime.fit import check_fit
from secure_rag.runtime.gguf import Header, read_header
from secure_rag.runtime.manifest import LocatedModel
from secure_rag.runtime.tuning import recall

_BATCH = 512
_PIECE_BYTES = 256
_MOST_SCORED = 16
_OTHER_FILE = (
    "this is the file that was pinned: pin another GGUF file of the model with "
    "`secure-rag models add FILE --role generator`, and name it in the settings"
)
_NO_ADAPTER = "leave the adapter out, or train it again"


class LlamaModel:
    """A GGUF file mapped into memory, with its vocabulary and at most one adapter."""

    def __init__(self, path: Path, name: str, adapter: Path | None = None) -> None:
        """Map the file.

        Args:
            adapter: GGUF file of an adapter for it; holds in every context over this model.

        Raises:
            ArtifactError: it cannot be loaded, or llama.cpp was built with RPC.
        """
        _prepare_library()
        self.name = name
        self._adapter: Any = None
        parameters = native.llama_model_default_params()
        parameters.load_mode = native.LLAMA_LOAD_MODE_MMAP
        parameters.n_gpu_layers = 0
        self.handle: Any = native.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.handle:
            raise _failed(name, "is not a model that llama.cpp can load")
        self._vocab = native.llama_model_get_vocab(self.handle)
        self._buffer = ctypes.create_string_buffer(_PIECE_BYTES)
        self.size = int(native.llama_vocab_n_tokens(self._vocab))
        if adapter is not None:
            self._adapter = native.llama_adapter_lora_init(self.handle, str(adapter).encode())
            if not self._adapter:
                self.close()
                raise ArtifactError(
                    f"model {name}: the adapter does not fit it", code="adapter.load"
                )

    def close(self) -> None:
        """Unmap the file; llama.cpp frees its adapter with it."""
        if self.handle:
            native.llama_model_free(self.handle)
            self.handle = self._adapter = None

    def adapt(self, context: Any) -> bool:
        """Put the adapter into a context over this model; False if llama.cpp refuses it."""
        if self._adapter is None:
            return True
        adapters = (native.llama_adapter_lora_p_ctypes * 1)(self._adapter)
        scales = (ctypes.c_float * 1)(1.0)
        return int(native.llama_set_adapters_lora(context, adapters, 1, scales)) == 0

    @property
    def can_rewind(self) -> bool:
        """Whether a context can take tokens back."""
        return not (
            native.llama_model_is_recurrent(self.handle)
            or native.llama_model_is_hybrid(self.handle)
        )

    def tokenize(self, text: str, *, with_control: bool) -> list[int]:
        """Return the tokens of a text; control tokens are read in it only if asked for."""
        data = text.encode("utf-8", "replace")
        size = len(data) + 8
        buffer = (native.llama_token * size)()
        count = native.llama_tokenize(
            self._vocab, data, len(data), buffer, size, False, with_control
        )
        if count < 0:
            raise ArtifactError(f"model {self.name}: its tokenizer failed", code="model.compute")
        return list(buffer[:count])

    def bytes_of(self, token: int) -> bytes:
        """Return what a token writes; nothing for control tokens."""
        count = native.llama_token_to_piece(
            self._vocab, token, self._buffer, _PIECE_BYTES, 0, False
        )
        return self._buffer.raw[: max(count, 0)]

    def ends(self, token: int) -> bool:
        """Say whether the token ends a turn."""
        return bool(native.llama_vocab_is_eog(self._vocab, token))

    @property
    def first(self) -> int | None:
        """The token that every prompt begins with, if the model asks for one."""
        if not native.llama_vocab_get_add_bos(self._vocab):
            return None
        return int(native.llama_vocab_bos(self._vocab))

    def template(self) -> ChatTemplate:
        """Return the file's template, else ChatML if the model knows its tokens, else plain."""
        found = native.llama_model_chat_template(self.handle, None)
        if found:
            source = found.decode("utf-8", "replace")
        else:
            knows = len(self.tokenize("<|im_start|>", with_control=True)) == 1
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


class LlamaEngine:
    """One context over a model; several may share one model."""

    def __init__(self, model: LlamaModel, context_tokens: int, tuning: Tuning) -> None:
        """Make a context.

        Args:
            context_tokens: prompt and answer together; cut to what the model was trained for.

        Raises:
            ArtifactError: if there is no room for it.
        """
        self.vocabulary = model
        self.can_rewind = model.can_rewind
        trained = int(native.llama_model_n_ctx_train(model.handle))
        self.context_tokens = min(context_tokens, trained) if trained > 0 else context_tokens
        self._context: Any = native.llama_init_from_model(
            model.handle, _context_parameters(self.context_tokens, tuning)
        )
        if not self._context:
            what = f"has no room for a context of {context_tokens} tokens"
            raise _failed(model.name, what, "lower context_tokens in the settings")
        if not model.adapt(self._context):
            native.llama_free(self._context)
            raise _failed(model.name, "does not take its adapter", _NO_ADAPTER)
        self._memory = native.llama_get_memory(self._context)
        self._batch = native.llama_batch_init(_BATCH, 0, 1)

    def compute(self, tokens: Sequence[int], *, at: int, scored: int) -> list[Scores]:
        """Read tokens from position `at` on; return the scores after the last `scored`.

        Raises:
            ArtifactError: if llama.cpp fails.
        """
        unscored = len(tokens) - scored
        for start in range(0, len(tokens), _BATCH):
            piece = tokens[start : start + _BATCH]
            self._fill(piece, at + start, unscored - start)
            status = native.llama_decode(self._context, self._batch)
            if status != 0:
                raise ArtifactError(
                    f"model {self.vocabulary.name}: llama.cpp could not compute (status {status})",
                    code="model.compute",
                )
        return [self._scores(row - scored) for row in range(scored)]

    def _fill(self, tokens: Sequence[int], at: int, unscored: int) -> None:
        batch = self._batch
        batch.n_tokens = len(tokens)
        for row, token in enumerate(tokens):
            batch.token[row] = token
            batch.pos[row] = at + row
            batch.n_seq_id[row] = 1
            batch.seq_id[row][0] = LIVE
            batch.logits[row] = row >= unscored

    def _scores(self, row: int) -> Scores:
        """Return the scores of a row, counted from the end."""
        pointer = native.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(pointer, (self.vocabulary.size,))

    def cut(self, length: int) -> bool:
        """Take back all but the first `length` tokens; False if that cannot be."""
        return bool(native.llama_memory_seq_rm(self._memory, LIVE, length, -1))

    def keep(self, slot: int, length: int) -> None:
        """Copy the first `length` tokens to a sequence beside the live one."""
        native.llama_memory_seq_rm(self._memory, slot, -1, -1)
        end = length if self.can_rewind else -1
        native.llama_memory_seq_cp(self._memory, LIVE, slot, -1, end)

    def restore(self, slot: int) -> None:
        """Put a kept sequence in place of the live one."""
        native.llama_memory_seq_rm(self._memory, LIVE, -1, -1)
        native.llama_memory_seq_cp(self._memory, slot, LIVE, -1, -1)

    def clear(self) -> None:
        """Forget everything, kept sequences too."""
        native.llama_memory_clear(self._memory, True)

    def close(self) -> None:
        """Free the context; the model stays."""
        if self._context:
            native.llama_batch_free(self._batch)
            native.llama_free(self._context)
            self._context = None


class LlamaGenerator(TextGenerator):
    """One loaded GGUF model with one context; one call at a time."""

    def __init__(
        self,
        located: LocatedModel,
        *,
        context_tokens: int,
        threads: int,
        seed: int = 0,
        tuning: Tuning | None = None,
        adapter: LocatedAdapter | Path | None = None,
    ) -> None:
        """Check that the model fits this machine, map it into memory, make a context.

        Args:
            located: a verified model with one `.gguf` file.
            context_tokens: prompt and answer together; cut to what the model was trained for.
            threads: 0 takes what was measured here, else one per physical core.
            seed: recorded only; greedy decoding draws nothing at random.
            tuning: instead of what was measured on this machine.
            adapter: what `open_adapter` returned; a file that is being made, to be tried first.

        Raises:
            ArtifactError: it cannot be loaded, does not fit, or writes nothing.
            DigestMismatchError: its file is not the pinned one, or changed meanwhile.
        """
        self.name = located.model.name
        self.digest = located.digest
        self.adapter_digest = getattr(adapter, "digest", "")
        self.seed = seed
        self.tuning = tuning or recall(self.digest, threads=threads)
        self.threads = self.tuning.threads
        self._model = load_model(located, context_tokens, adapter)
        try:
            engine, first = self.another(context_tokens, self.tuning), self._model.first
            template, cost = self._model.template(), self.tuning.drafts
            super().__init__(engine, template, first=first, draft_cost=cost)
        except BaseException:
            self._model.close()
            raise

    def close(self) -> None:
        """Free the model; the generator cannot be used afterwards."""
        super().close()
        self._model.close()

    def another(self, context_tokens: int, tuning: Tuning) -> LlamaEngine:
        """Return a second context over the same model; the caller closes it."""
        return LlamaEngine(self._model, context_tokens, tuning)


def _context_parameters(context_tokens: int, tuning: Tuning) -> Any:
    parameters = native.llama_context_default_params()
    parameters.n_ctx = context_tokens + KEPT_TOKENS
    parameters.n_batch = _BATCH
    parameters.n_ubatch = min(tuning.batch, _BATCH)
    parameters.n_seq_max = 1 + KEPT_PREFIXES
    parameters.kv_unified = True
    parameters.swa_full = True
    parameters.n_outputs_max = _MOST_SCORED
    parameters.n_threads = tuning.threads
    parameters.n_threads_batch = tuning.threads
    parameters.flash_attn_type = (
        native.LLAMA_FLASH_ATTN_TYPE_ENABLED
        if tuning.is_flash
        else native.LLAMA_FLASH_ATTN_TYPE_DISABLED
    )
    parameters.no_perf = True
    return parameters


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


def load_model(
    located: LocatedModel, context_tokens: int, adapter: LocatedAdapter | Path | None = None
) -> LlamaModel:
    """Map the very files that were hashed, whatever their paths lead to now.

    Args:
        adapter: what `open_adapter` returned; a file that is being made, to be tried first.

    Raises:
        ArtifactError: it cannot be loaded or does not fit.
        DigestMismatchError: a file is not the pinned one, or changed meanwhile.
    """
    name, file = located.model.name, located.checked(".gguf")
    check_fit(_header(file.path, name), name=name, context_tokens=context_tokens)
    opened = [(located, file)]
    if isinstance(adapter, LocatedAdapter):
        opened.append((adapter.located, adapter.located.checked(ADAPTER_FILE)))
        adapter = opened[-1][1].path
    model = LlamaModel(file.path, name, adapter)
    for owner, one in opened:
        if not one.is_unchanged():
            model.close()
            raise owner.changed(one.pin.name)
    return model


def _header(path: Path, name: str) -> Header:
    """Read the header of a pinned file; a bad one is the artifact's fault."""
    try:
        return read_header(path)
    except InputError:
        raise _failed(name, "is not a whole GGUF file") from None


def _failed(name: str, what: str, hint: str = _OTHER_FILE) -> ArtifactError:
    return ArtifactError(f"model {name}: it {what}", code="model.load", hint=hint)


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
