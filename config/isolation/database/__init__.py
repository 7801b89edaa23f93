"""Fence 3: roles and grants, brought to what the manifest says, and whatever differs from it."""
