import hashlib


def fingerprint(password: str) -> str:
    """Lets a process be searched for a password without telling it."""
    return hashlib.sha256(password.encode()).hexdigest()
