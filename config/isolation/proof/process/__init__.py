"""Fences 5 and 6, tried out in processes of their own."""
