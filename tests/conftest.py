"""Fixtures of the whole suite. It runs on real servers, see `tests/settings.py`."""
