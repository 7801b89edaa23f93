class EmbeddedError(Exception):
    """One sentence for the person at the terminal: what failed, where, and what to do."""
