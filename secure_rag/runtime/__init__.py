"""Models on this machine: pins, digests, fetching, packing, and the engines that run them.

The only importers of `onnxruntime`, `tokenizers` and `llama_cpp`.
"""
