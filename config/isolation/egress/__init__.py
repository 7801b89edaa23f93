"""Fence 5: the one way out. Every HTTP call of a unit passes `UnitSession`; nothing else is built on `requests`."""
