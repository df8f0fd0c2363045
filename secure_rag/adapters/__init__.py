"""Fine-tune small additions to a generator on redacted text, and try whether they leak.

The only importers of `torch`, `transformers` and `peft`, which the extra `adapt` brings.
"""
