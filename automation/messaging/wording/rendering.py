"""A template and a record become a text, or it is refused: nobody gets "Hi ," or the last customer's price."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings

from automation.messaging.models import TemplateVersion
from automation.messaging.wording.language import LANGUAGE, LONGEST, Absent, LiquidError
from automation.messaging.wording.segments import measure, plain

SMS, EMAIL, MARKETING = "sms", "email", "marketing"
OPT_OUT = "Reply STOP to opt out."


class Missing(ValueError):
    """What this record does not have, or what would make the text none. In a sentence."""


@dataclass(frozen=True)
class Text:
    """`segments` and `encoding`: of a text message."""

    subject: str
    body: str
    segments: int | None = None
    encoding: str = ""


def render(version: TemplateVersion, facts: dict[str, Any]) -> Text:
    """Raises Missing."""
    template = version.template
    return written(template.kind, template.purpose, version.subject, version.body, facts)


def written(kind: str, purpose: str, subject: str, body: str, facts: dict[str, Any]) -> Text:
    """As `render`, of what is not stored yet."""
    text = _tidy(_filled(body, facts))
    if not text:
        raise Missing("The text is empty.")
    if kind == SMS:
        return _text_message(text, purpose)
    line = " ".join(_filled(subject, facts).split())
    if not line:
        raise Missing("The subject is empty.")
    return Text(line, text)


def _text_message(text: str, purpose: str) -> Text:
    text = plain(text)
    if purpose == MARKETING and not re.search(r"\bSTOP\b", text):
        text = f"{text} {OPT_OUT}"
    size = measure(text)
    if size.segments > settings.HUB_SMS_SEGMENTS:
        most = settings.HUB_SMS_SEGMENTS
        raise Missing(f"It is {size.segments} text messages long; HUB_SMS_SEGMENTS allows {most}.")
    return Text("", text, size.segments, size.encoding)


def _filled(source: str, facts: dict[str, Any]) -> str:
    try:
        return str(LANGUAGE.parse(source).render(**facts))
    except Absent as absent:
        raise Missing(f"This record has no {absent}.") from None
    except LiquidError as error:
        raise Missing(f"It cannot be written: {error.message if hasattr(error, 'message') else error}.") from error


def _tidy(text: str) -> str:
    """No blanks at the ends of lines, and no more than one empty line: conditions leave them behind."""
    lines = "\n".join(" ".join(line.split(" ")).rstrip() for line in text.replace("\r", "").replace("\0", "").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" {2,}", " ", lines)).strip()[:LONGEST]


def cost_of(segments: int) -> Decimal:
    """What the provider asks, by the settings."""
    return segments * Decimal(settings.HUB_SMS_SEGMENT_COST)


def footer(link: str) -> str:
    """Under marketing by e-mail (CAN-SPAM, 15 U.S.C. 7704(a)(5)): how to end it, and where the company is."""
    parts = ("--", settings.HUB_COMPANY_NAME, settings.HUB_COMPANY_ADDRESS, f"Unsubscribe: {link}")
    return "\n".join(filter(None, parts))
