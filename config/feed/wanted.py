"""What a consumer makes of a record: what should be at its vendor, or why nothing should."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any


@dataclass(frozen=True)
class Skip:
    """Not to be sent. `reason` is a sentence for the operator."""

    reason: str


def fingerprint(*parts: Any) -> str:
    """The same for the same content, whatever the order of its names."""
    return sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
