"""The card of an adapter: what it is, what it saw, what it gains, what came out of it."""

from __future__ import annotations

from secure_rag.runtime.adapters import AdapterRecord


def card_text(record: AdapterRecord) -> str:
    """Return the card as Markdown; it holds figures and digests, no training text."""
    canary = record.canary
    lines = [
        f"# {record.name}",
        "",
        f"A LoRA adapter of the kind `{record.kind}` for `{record.base}`, rank {record.rank}, "
        f"trained {record.created} in {record.steps} steps ({record.train_s / 60:.0f} minutes).",
        "",
        f"Trained on {record.examples} redacted examples; {record.held_out} were held out. "
        f"Policy `{record.policy}`.",
        "",
        "| Figure | Value |",
        "|---|---|",
        *(f"| {name} | {value:g} |" for name, value in record.metrics.items()),
        "",
        "`base_…` is the generator alone, `adapter_…` with this adapter, on examples that were "
        "held out.",
        "",
    ]
    if canary is not None:
        lines += [
            f"Canaries: {canary.extracted} of {canary.planted} came out; mean exposure "
            f"{canary.exposure_mean:.2f} bits, largest {canary.exposure_max:.2f} (limit of the "
            f"mean {canary.limit:g}).",
            "",
        ]
    lines += [
        f"Indexed documents seen: {len(record.documents)}. Data `{record.data_digest}`, base "
        f"weights `{record.base_digest}`.",
    ]
    return "\n".join(lines) + "\n"
