"""Chunks, their views and vectors, and the table that keeps them."""
