"""Fence 4, tried out."""
