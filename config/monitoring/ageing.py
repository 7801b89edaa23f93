"""What grows old unnoticed: the keys that tokens are sealed with, and the certificate of the site. Read from files alone."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from django.conf import settings

from config.monitoring.probes import Check, Node, Reading, State

DAY_S = 86_400.0
SOON_DAYS, LATE_DAYS = 21, 3  # until a certificate ends


def checks() -> tuple[Check, ...]:
    keys = Node("keys", "Sealing keys", "isolation", act="Make new ones: manage.py seal rotate.")
    found = [Check("keys", (keys,), lambda at: {"keys": _keys(at)}, uses=())]
    if settings.HUB_CERTIFICATE_FILE:
        node = Node("certificate", "Certificate of the site", "servers", act="Renew it.")
        found.append(Check("certificate", (node,), lambda at: {"certificate": _certificate(at)}, uses=()))
    return tuple(found)


def _keys(at: datetime) -> Reading:
    """A rotation writes the file anew, so its age is that of the newest key."""
    found = {unit: _age(path, at) for unit, path in settings.SEAL_KEYS_FILES.items()}
    ages = {unit: age for unit, age in found.items() if age is not None}
    if not ages:
        return Reading(State.OK, "No file of keys can be seen from here.")
    unit, oldest = max(ages.items(), key=lambda pair: pair[1])
    figures = {f"{name}_age_seconds": age for name, age in ages.items()}
    days = oldest / DAY_S
    if days > settings.HUB_SEAL_DAYS:
        return Reading(State.WARNING, f"Those of {unit} are {days:.0f} days old; {settings.HUB_SEAL_DAYS} are wanted.", figures)
    return Reading(State.OK, f"The oldest are {days:.0f} days old.", figures)


def _age(path: Path, at: datetime) -> float | None:
    try:
        return at.timestamp() - path.stat().st_mtime
    except OSError:
        return None


def _certificate(at: datetime) -> Reading:
    """The first certificate of the file, which is the site's own."""
    path = Path(settings.HUB_CERTIFICATE_FILE)
    try:
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return Reading(State.BAD, f"HUB_CERTIFICATE_FILE cannot be read: {type(error).__name__}.")
    left = (ends - at.astimezone(UTC)).total_seconds()
    figures = {"left_seconds": left}
    if left < LATE_DAYS * DAY_S:
        said = "It has ended" if left < 0 else f"It ends in {left / 3600:.0f} hours"
        return Reading(State.BAD, f"{said}: browsers and webhooks turn away.", figures)
    state = State.WARNING if left < SOON_DAYS * DAY_S else State.OK
    return Reading(state, f"It is good for {left / DAY_S:.0f} more days.", figures)
