"""Fence 4: each unit's login at Redis, and a client that keeps to the unit's keys."""
