"""Values of command lines that several commands take, read with a clear error."""

from datetime import UTC, datetime

from django.core.management.base import CommandError


def numbers(option: str, text: str) -> tuple[int, ...]:
    """Ids with commas between them."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) < 2**63 for part in parts):
        raise CommandError(f"{option} {text!r}: write numbers with commas between them, such as 1201,1202.")
    return tuple(map(int, parts))


def moment(option: str, text: str) -> datetime:
    """A date or a moment, in UTC where it does not say."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{option} {text!r} is no date. Write 2026-01-31 or 2026-01-31T06:00:00Z.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
