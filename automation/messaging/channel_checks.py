"""Whether messages can leave, and whether what is told of them can come in. Each process looks at what it has to do with."""

from email.errors import MessageError
from email.headerregistry import Address
from email.utils import getaddresses
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from config.checks import SETTINGS
from config.isolation.actor import may_act_as
from config.isolation.egress.addresses import names_loopback

NOT_YET = "or MESSAGING_ENABLED=false: then messages wait"


@register(SETTINGS)
def text_messages_can_leave(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    missing = [name for name in ("TWILIO_ACCOUNT_SID", "TWILIO_API_SECRET") if not getattr(settings, name)]
    if not settings.TWILIO_FROM and not settings.TWILIO_MESSAGING_SERVICE_SID:
        missing.append("TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID")
    if not missing or settings.MESSAGING_SMS != "twilio" or not _sends():
        return []
    hint = f"Set them (see .env.example), or MESSAGING_SMS=console for a trial, {NOT_YET}."
    return [checks.Warning(f"No text message can leave, not set: {', '.join(missing)}.", hint=hint, id="hub.W045")]


@register(SETTINGS)
def e_mails_can_leave(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.MESSAGING_EMAIL != "smtp" or not _sends():
        return []
    found: list[CheckMessage] = []
    if not settings.SMTP_URL:
        hint = f"Set it to the mail server's address (see .env.example), or MESSAGING_EMAIL=file for a trial, {NOT_YET}."
        found.append(checks.Warning("No e-mail can leave, not set: SMTP_URL.", hint=hint, id="hub.W046"))
    if [_is_address(address) for _, address in getaddresses([settings.SMTP_FROM])] != [True]:
        hint = 'Write one address, such as office@example.com or "Desert Air <office@example.com>".'
        found.append(Error(f"E-mails cannot come from SMTP_FROM, {settings.SMTP_FROM!r}.", hint=hint, id="hub.E046"))
    return found


@register(SETTINGS)
def passwords_of_mail_servers_are_not_read_on_the_way(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    hint = "Begin it with smtp+starttls:// or smtps://. Only this machine and the hosts of HUB_PRIVATE_HOSTS may be told it so."
    return [
        Error(f"{name} sends a password without TLS.", hint=hint, id="hub.E047")
        for name in ("SMTP_URL", "MONITOR_EMAIL_URL")
        if _is_open(getattr(settings, name))
    ]


@register(SETTINGS)
def production_writes_to_people(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    trials = {"MESSAGING_SMS": settings.MESSAGING_SMS, "MESSAGING_EMAIL": settings.MESSAGING_EMAIL}
    chosen = [f"{name}={value}" for name, value in trials.items() if value in ("console", "file")]
    if not chosen or not settings.PRODUCTION or not _sends():
        return []
    hint = f"Those are for trials: set twilio and smtp, {NOT_YET}."
    return [checks.Warning(f"Messages count as sent and reach nobody: {', '.join(chosen)}.", hint=hint, id="hub.W047")]


@register(SETTINGS)
def the_site_can_be_called(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """From links in messages, and by Twilio."""
    reads, sends = may_act_as("backoffice"), may_act_as("automation")
    if not settings.PRODUCTION or not settings.MESSAGING_ENABLED or not (reads or sends):
        return []
    if settings.HUB_PUBLIC_URL.startswith("https://"):
        return []
    hint = "Set it to this site's public address, which begins with https (see .env.example)."
    what = "marketing by e-mail, which needs a link to unsubscribe, waits, and nobody hears how text messages fare"
    stands = f"begins with {urlsplit(settings.HUB_PUBLIC_URL).scheme}" if settings.HUB_PUBLIC_URL else "is not set"
    return [checks.Warning(f"HUB_PUBLIC_URL {stands}: {what}.", hint=hint, id="hub.W048")]


@register(SETTINGS)
def twilio_is_believed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.BACKOFFICE_TWILIO_AUTH_TOKEN or not settings.MESSAGING_ENABLED or not may_act_as("backoffice"):
        return []
    hint = "Set it to the account's auth token, for the web process; without text messages leave it."
    said = "BACKOFFICE_TWILIO_AUTH_TOKEN is not set: what Twilio tells is refused, a customer's STOP as well."
    return [checks.Warning(said, hint=hint, id="hub.W049")]


def _sends() -> bool:
    return bool(settings.MESSAGING_ENABLED) and may_act_as("automation")


def _is_address(text: str) -> bool:
    try:
        return bool(Address(addr_spec=text).domain)
    except (ValueError, IndexError, MessageError):
        return False


def _is_open(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "smtp" and bool(parts.password) and not names_loopback(host) and host not in settings.HUB_PRIVATE_HOSTS
