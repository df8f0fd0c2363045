"""Fine-tune the MiniLM encoder for names, places and organisations; see README.md for the runs."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from pathlib import Path

import torch
from corpora import LABELS, PUBLIC_TYPES, Document, read_training
from tokenizers import Tokenizer
from transformers import AutoModelForTokenClassification
from transformers.utils import logging
from windows import IGNORED, UNKNOWN, Pieces, Window, batches, cut

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from secure_rag.runtime import kinds

_OPEN = [n for n, label in enumerate(LABELS) if label[2:] not in PUBLIC_TYPES]
_TIE = 0.05
_KINDS_RATE = 3.0
"""The table of kinds starts without any difference between its rows, so it may move faster."""
_MEAN_DECAY = 0.995
"""The weights that are kept are a running mean over about the last 200 steps."""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, required=True, help="folder with `permissive`")
    parser.add_argument(
        "--data",
        choices=("permissive", "all"),
        default="permissive",
        help="`all` trains with the share-alike part too; never for what we ship",
    )
    parser.add_argument(
        "--base", type=Path, required=True, help="MiniLM: weights and tokenizer.json"
    )
    parser.add_argument(
        "--start", type=Path, help="weights or checkpoint (.pt) of an earlier stage"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--public", type=float, default=1.0, help="share of the public documents")
    parser.add_argument("--synthetic", type=int, default=0, help="generated documents per epoch")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument(
        "--final-rate", type=float, default=0.0, help="share of the rate at the end"
    )
    parser.add_argument("--batch-tokens", type=int, default=2048)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every", type=int, default=100)
    return parser.parse_args()


def load_model(base: Path, start: Path | None) -> torch.nn.Module:
    """Build the model with frozen words and places; eager attention is the fastest on one core."""
    logging.set_verbosity_error()
    model: torch.nn.Module = AutoModelForTokenClassification.from_pretrained(
        base,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
        dtype=torch.float32,
    )
    embeddings = model.bert.embeddings
    row = embeddings.token_type_embeddings.weight.detach()[0]
    embeddings.token_type_embeddings = torch.nn.Embedding.from_pretrained(
        row.repeat(kinds.COUNT, 1), freeze=False
    )
    if start is not None:
        model.load_state_dict(torch.load(start, weights_only=True))
    embeddings.word_embeddings.requires_grad_(False)
    embeddings.position_embeddings.requires_grad_(False)
    return model


def epoch_batches(
    options: argparse.Namespace, public: list[Document], epoch: int
) -> list[list[Window]]:
    """Cut and generate the documents of one epoch anew, the same ones for the same seed."""
    draw = random.Random(f"{options.seed}/{epoch}")
    pieces = Pieces(Tokenizer.from_file(str(options.base / "tokenizer.json")))
    documents = [d for d in public if draw.random() < options.public]
    if options.synthetic:
        from synthetic import generate

        documents += generate(options.synthetic, seed=options.seed * 1000 + epoch)
    windows = [window for document in documents for window in cut(document, pieces, draw)]
    return batches(windows, draw, tokens=options.batch_tokens)


def collate(group: list[Window]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return ids, kinds and labels, [windows, pieces] each."""
    width = max(len(window.ids) for window in group)
    rows = [
        [list(row) + [filler] * (width - len(row)) for row in column]
        for column, filler in (
            ([w.ids for w in group], 0),
            ([w.kinds for w in group], 0),
            ([w.labels for w in group], IGNORED),
        )
    ]
    return torch.tensor(rows[0]), torch.tensor(rows[1]), torch.tensor(rows[2])


def save(state: object, path: Path) -> None:
    """Write next to the target first, so that a kill leaves the older file whole."""
    torch.save(state, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def partial_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean loss over pieces whose label may be known in part only.

    A piece that the public corpora leave unmarked may be O or of a type that they do not mark: the
    loss is that of all these labels together (training on partial labels by their marginal
    likelihood, Tsuboi et al. 2008), with a small share of that of O to break the tie.
    """
    logits, labels = logits.float().view(-1, len(LABELS)), labels.view(-1)
    scores = torch.nn.functional.log_softmax(logits, dim=-1)
    known = labels >= 0
    exact = -scores[known].gather(1, labels[known].unsqueeze(1)).squeeze(1)
    open_scores = scores[labels == UNKNOWN]
    either = -torch.logsumexp(open_scores[:, _OPEN], dim=-1)
    outside = -open_scores[:, 0]
    loss = exact.sum() + ((1 - _TIE) * either + _TIE * outside).sum()
    return loss / (labels != IGNORED).sum().clamp(min=1)


def step_loss(model: torch.nn.Module, group: list[Window]) -> torch.Tensor:
    """Return the loss of one batch; products run in bfloat16 where the processor has it."""
    ids, kind_ids, labels = collate(group)
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(
            input_ids=ids, attention_mask=(ids != 0).long(), token_type_ids=kind_ids
        ).logits
    return partial_loss(logits, labels)


class Training:
    """The state of one stage: what a checkpoint keeps and a killed run takes up again."""

    def __init__(self, options: argparse.Namespace, model: torch.nn.Module, total: int) -> None:
        self.model = model
        self.step = 0
        self._total, self._warm = total, max(1, int(0.06 * total))
        self._final_rate = options.final_rate
        self._checkpoint = options.out / "checkpoint.pt"
        self.trainable = [p for p in model.parameters() if p.requires_grad]
        kinds_table = model.bert.embeddings.token_type_embeddings.weight
        others = [p for p in self.trainable if p is not kinds_table]
        self.optimizer = torch.optim.AdamW(
            [{"params": others}, {"params": [kinds_table], "lr": options.rate * _KINDS_RATE}],
            lr=options.rate,
            weight_decay=0.01,
            fused=True,
        )
        self.mean = {name: p.detach().clone() for name, p in model.named_parameters()}
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self.share)
        if self._checkpoint.exists():
            kept = torch.load(self._checkpoint, weights_only=True)
            self.model.load_state_dict(kept["model"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.schedule.load_state_dict(kept["schedule"])
            self.mean = kept["mean"]
            self.step = kept["step"]
            torch.set_rng_state(kept["random"])

    def share(self, step: int) -> float:
        """Return the share of the rate: up in a line, then down in a line."""
        low = self._final_rate
        left = max(0.0, 1.0 - step / self._total)
        return min(1.0, (step + 1) / self._warm) * (low + (1 - low) * left)

    def learn(self, group: list[Window]) -> float:
        """Take one step and return its loss."""
        loss = step_loss(self.model, group)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trainable, 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        weight = min(_MEAN_DECAY, self.step / (self.step + 10))
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                self.mean[name].lerp_(parameter.detach(), 1 - weight)
        return loss.item()

    def keep(self) -> None:
        """Write the checkpoint."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "mean": self.mean,
            "step": self.step,
            "random": torch.get_rng_state(),
        }
        save(state, self._checkpoint)


def main() -> None:
    """Run one stage."""
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    model = load_model(options.base, options.start)
    public = read_training(options.corpora, share_alike=options.data == "all")
    plan = [epoch_batches(options, public, epoch) for epoch in range(options.epochs)]
    groups = [group for part in plan for group in part]
    training = Training(options, model, len(groups))
    print(f"steps {len(groups)}, from {training.step}", flush=True)
    model.train()
    began, seen, running = time.monotonic(), 0, 0.0
    while training.step < len(groups):
        group = groups[training.step]
        running += training.learn(group)
        seen += len(group) * max(len(window.ids) for window in group)
        if training.step % 25 == 0:
            rate = seen / (time.monotonic() - began)
            print(f"{training.step} loss {running / 25:.4f} {rate:.0f} tokens/s", flush=True)
            running = 0.0
        if training.step % options.save_every == 0:
            training.keep()
    save({**model.state_dict(), **training.mean}, options.out / "weights.pt")


if __name__ == "__main__":
    main()
