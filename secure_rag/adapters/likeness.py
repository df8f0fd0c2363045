"""Does llama.cpp with the exported adapter compute what the trained model computes?

The base alone is not computed alike on both sides: llama.cpp rounds what it multiplies to eight
bits, torch does not. So what is compared is what the adapter *adds*: logits with it less logits
without it, on each side. All figures are in standard deviations of a place's logits.

1. The difference of what is added may be twice the base's own (`rounding`), plus a fiftieth of what
   is added. Logits with and without the adapter are rounded apart from each other: two such errors
   of the same size come to 1.4 of one where they have nothing in common.
2. Of each part (all query matrices, all key matrices, …) torch says what it adds. Of that effect
   llama.cpp must show between three and five quarters: its difference to torch is projected on it,
   over all places and words, so that rounding, which points elsewhere, falls out. A part that is
   missing shows 0, one with rows in another order about 0.

Measured with SmolLM2-135M (Q8_0) and the shipped `format-json` and `voice-plain`, rounding 0.03:
right exports differ by 1.4 and 1.5 of it and show 0.98 to 1.02 of every part. Rows of one part in
another order show 0.08 of it or less, a part left out 0.04 or less, a scale of 1.2 at least 1.28 of
each. An adapter scaled down until it adds four roundings still shows 0.82 of the parts that add a
whole one; what adds less is not judged here. That every matrix is in the file is looked at apart
from this (`lora.check_export`): one of 210 shows in no logit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from secure_rag.adapters.lora import PARTS, without
from secure_rag.adapters.tokens import Tokens
from secure_rag.errors import ArtifactError
from secure_rag.runtime.engine import Engine

ROUNDINGS: Final = 2.0
"""Largest difference of what is added, in that of the base alone; see 1."""
RELATIVE: Final = 0.02
"""And beside it, of what is added: matrices are stored in sixteen bits."""
LEAST_SHARE: Final = 0.75
MOST_SHARE: Final = 1.25
"""Of a part's effect; see 2."""
SHOWS: Final = 1.0
"""A part is judged if it adds at least so much of the rounding."""
_FLOOR: Final = 1e-4
"""Taken as rounding where there is less: keys and values are in sixteen bits on one side."""
_PLACES: Final = 8

Logits = NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """How near llama.cpp comes to the trained model."""

    whole: float
    """Largest difference of a place's logits with the adapter, the base's own in it."""
    rounding: float
    """Root mean square difference of the base alone."""
    added: float
    """Root mean square of what the adapter adds."""
    apart: float
    """Root mean square difference of that."""
    shares: Mapping[str, float]
    """Of each part that can be judged, and of the `whole`, what llama.cpp shows of its effect."""

    @property
    def allowed(self) -> float:
        """Largest `apart` that passes."""
        return ROUNDINGS * self.rounding + RELATIVE * self.added


def likeness(model: Any, adapted: Engine, plain: Engine, data: Sequence[Tokens]) -> Likeness:
    """Compare the last places of the given examples.

    Args:
        adapted: computes with the exported file.
        plain: computes without it.
    """
    model.eval()
    probes = [list(one.ids[: one.answer_from + _PLACES]) for one in data]
    own, served = _trained(model, probes), _served(adapted, probes)
    with without(model, PARTS):
        own_base = _trained(model, probes)
    spread = own.std(axis=1, keepdims=True)
    difference = (served - own) / spread
    rounding = (_served(plain, probes) - own_base) / spread
    added = (own - own_base) / spread
    effects = {"whole": added}
    for part in PARTS:
        with without(model, (part,)):
            effects[part] = (own - _trained(model, probes)) / spread
    least = SHOWS * max(_size(rounding), _FLOOR)
    rest = difference - rounding
    return Likeness(
        whole=float(np.sqrt((difference**2).mean(axis=1)).max()),
        rounding=_size(rounding),
        added=_size(added),
        apart=_size(rest),
        shares={
            part: 1 + float((rest * effect).sum() / (effect**2).sum())
            for part, effect in effects.items()
            if _size(effect) >= least
        },
    )


def check_likeness(found: Likeness) -> None:
    """Refuse an export that computes something else, or of which that cannot be told.

    Raises:
        ArtifactError: exit 5.
    """
    if not found.apart <= found.allowed:
        raise _refused(
            f"llama.cpp differs by {found.apart:.3f} from the trained model in what the adapter "
            f"adds (at most {found.allowed:.3f})"
        )
    for part, share in found.shares.items():
        if not LEAST_SHARE <= share <= MOST_SHARE:
            raise _refused(f"llama.cpp shows {share:.2f} of what the adapter's {part} adds")
    if "whole" not in found.shares:
        raise ArtifactError(
            f"what the adapter adds ({found.added:.4f}) is lost in rounding ({found.rounding:.4f}) "
            "and cannot be checked",
            code="adapter.export",
            hint="raise `epochs` or `rate` in the task file",
        )


def _refused(message: str) -> ArtifactError:
    return ArtifactError(message, code="adapter.export")


def _size(logits: Logits) -> float:
    return float(np.sqrt((logits**2).mean()))


def _trained(model: Any, probes: Sequence[Sequence[int]]) -> Logits:
    """Return what torch computes for the last places, centred."""
    import torch

    inner, rows = model.get_base_model(), []
    with torch.no_grad():
        for ids in probes:
            batch = torch.tensor([ids], device=model.device)
            hidden = inner.model(input_ids=batch, use_cache=False).last_hidden_state
            rows.append(inner.lm_head(hidden[0, -_PLACES:]).float().cpu().numpy())
    return _centred(rows)


def _served(engine: Engine, probes: Sequence[Sequence[int]]) -> Logits:
    """Return what llama.cpp computes for the last places, centred."""
    rows = []
    for ids in probes:
        engine.clear()
        rows.append(np.stack(engine.compute(ids, at=0, scored=min(_PLACES, len(ids)))))
    return _centred(rows)


def _centred(rows: Sequence[NDArray[Any]]) -> Logits:
    # a constant added to all logits of a place changes no probability
    every: Logits = np.concatenate(rows).astype(np.float64)
    every -= every.mean(axis=1, keepdims=True)
    return every
