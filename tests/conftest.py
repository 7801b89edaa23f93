"""Fixtures of the whole suite. It runs on real servers, see `tests/settings.py`."""

pytest_plugins = ["tests.stray_keys"]  # after the run: every key left in Redis is some unit's
