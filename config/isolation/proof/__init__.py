"""`isolation prove`: every forbidden act tried as every unit, and every permitted one; nothing is taken on trust."""
