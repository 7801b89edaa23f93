"""Fence 3, tried out."""
