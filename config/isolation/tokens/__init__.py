"""Tokens of the vendors: sealed at rest, under the unit's own keys."""
