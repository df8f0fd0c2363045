"""Fine-tune the MiniLM encoder for names, places and organisations; see README.md for the runs."""

from __future__ import annotations

import argparse
import os
import random
import time
from pathlib import Path

import torch
from corpora import LABELS, Document, read_training
from tokenizers import Tokenizer
from transformers import AutoModelForTokenClassification
from transformers.utils import logging
from windows import Pieces, Window, batches, cut


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with `permissive`")
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
    parser.add_argument("--minutes", type=float, help="lower the rate faster so as to end in time")
    parser.add_argument("--save-every", type=int, default=100)
    return parser.parse_args()


def load_model(base: Path, start: Path | None) -> torch.nn.Module:
    """Build the model with frozen embeddings; eager attention is the fastest on one core."""
    logging.set_verbosity_error()
    model: torch.nn.Module = AutoModelForTokenClassification.from_pretrained(
        base,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
        dtype=torch.float32,
    )
    if start is not None:
        kept = torch.load(start, weights_only=True)
        model.load_state_dict(kept.get("model", kept))
    model.bert.embeddings.requires_grad_(False)
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


def collate(group: list[Window]) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(len(window.ids) for window in group)
    ids = torch.tensor([list(w.ids) + [0] * (width - len(w.ids)) for w in group])
    labels = torch.tensor([list(w.labels) + [-100] * (width - len(w.ids)) for w in group])
    return ids, labels


def save(state: object, path: Path) -> None:
    """Write next to the target first, so that a kill leaves the older file whole."""
    torch.save(state, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def step_loss(model: torch.nn.Module, group: list[Window]) -> torch.Tensor:
    """Return the loss of one batch; products run in bfloat16 where the processor has it."""
    ids, labels = collate(group)
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids=ids, attention_mask=(ids != 0).long()).logits
    return torch.nn.functional.cross_entropy(
        logits.float().view(-1, len(LABELS)), labels.view(-1), ignore_index=-100
    )


class Training:
    """The state of one stage: what a checkpoint keeps and a killed run takes up again."""

    def __init__(self, options: argparse.Namespace, model: torch.nn.Module, total: int) -> None:
        self.model = model
        self.step = 0
        self._total, self._warm = total, max(1, int(0.06 * total))
        self._options, self._began = options, time.monotonic()
        self._checkpoint = options.out / "checkpoint.pt"
        self.trainable = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.trainable, lr=options.rate, weight_decay=0.01, fused=True
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self.share)
        if self._checkpoint.exists():
            kept = torch.load(self._checkpoint, weights_only=True)
            self.model.load_state_dict(kept["model"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.schedule.load_state_dict(kept["schedule"])
            self.step = kept["step"]

    def share(self, step: int) -> float:
        """Return the share of the rate; with --minutes the later of step and clock counts."""
        done = step / self._total
        if self._options.minutes is not None:
            done = max(done, (time.monotonic() - self._began) / (60 * self._options.minutes))
        low = self._options.final_rate
        return min(1.0, (step + 1) / self._warm) * (low + (1 - low) * max(0.0, 1.0 - done))

    def learn(self, group: list[Window]) -> float:
        """Take one step and return its loss."""
        loss = step_loss(self.model, group)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trainable, 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return loss.item()

    def keep(self) -> None:
        """Write the checkpoint."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
        }
        save(state, self._checkpoint)


def main() -> None:
    """Run one stage."""
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    model = load_model(options.base, options.start)
    public = read_training(options.data)
    plan = [epoch_batches(options, public, epoch) for epoch in range(options.epochs)]
    groups = [group for part in plan for group in part]
    training = Training(options, model, len(groups))
    print(f"steps {len(groups)}, from {training.step}", flush=True)
    model.train()
    began, seen, running = time.monotonic(), 0, 0.0
    while training.step < len(groups) and training.share(training.step) > 0.0:
        group = groups[training.step]
        running += training.learn(group)
        seen += len(group) * max(len(window.ids) for window in group)
        if training.step % 25 == 0:
            rate = seen / (time.monotonic() - began)
            print(f"{training.step} loss {running / 25:.4f} {rate:.0f} tokens/s", flush=True)
            running = 0.0
        if training.step % options.save_every == 0:
            training.keep()
    save(model.state_dict(), options.out / "weights.pt")


if __name__ == "__main__":
    main()
