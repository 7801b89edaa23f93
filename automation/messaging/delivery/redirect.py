"""Trials: nothing goes to customers, everything to the addresses of MESSAGING_REDIRECT_ALL_TO."""

from django.conf import settings

from automation.messaging.consent import EMAIL, SMS, normal


def is_on() -> bool:
    return bool(settings.MESSAGING_REDIRECT_ALL_TO.strip())


def instead_of(kind: str) -> str:
    """The address for messages of this kind: "+16025550123, trial@example.com" has one for each. Nothing where there is none."""
    wanted = SMS if kind == SMS else EMAIL
    for part in settings.MESSAGING_REDIRECT_ALL_TO.split(","):
        if part.strip() and (EMAIL if "@" in part else SMS) == wanted:
            return normal(wanted, part)
    return ""
