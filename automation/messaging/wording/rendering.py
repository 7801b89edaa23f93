"""A template and a record become a text, or it is refused: nobody gets "Hi ," or the last customer's price."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings

from automation.messaging.models import TemplateVersion
from automation.messaging.wording.language import LONGEST, Absent, parsed, place, said
from automation.messaging.wording.segments import measure, plain

SMS, EMAIL, MARKETING = "sms", "email", "marketing"
OPT_OUT = "Reply STOP to opt out."
# The word alone could come from a record, as in "gas STOP valve": it counts where it says what to do with it.
_SAYS_STOP = re.compile(r"\b(?i:reply|text|txt|send|answer)( with)? [\"']?STOP\b|\bSTOP[\"']? ?(to|2|=|ends) ?\w")
_BREAKS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # make a text read other than it is


class Missing(ValueError):
    """What this record does not have, or what would make the text none. In a sentence."""


class Unwritable(Missing):
    """The template itself is at fault."""


class NotSetUp(Missing):
    """A setting of the company is missing: once it is there, the text can be written."""


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
    if (template.kind, template.purpose) == (EMAIL, MARKETING) and not settings.HUB_COMPANY_ADDRESS:
        raise NotSetUp("HUB_COMPANY_ADDRESS is not set: the law wants the company's postal address under marketing by e-mail.")
    return written(template.kind, template.purpose, version.subject, version.body, facts)


def written(kind: str, purpose: str, subject: str, body: str, facts: dict[str, Any]) -> Text:
    """As `render`, of what is not stored yet."""
    text = _filled(body, facts)
    text = _tidy(plain(text) if kind == SMS else text)
    if not _is_seen(text):
        raise Missing("The text is empty.")
    if kind == SMS:
        return _text_message(text, purpose)
    line = " ".join(_tidy(_filled(subject, facts)).split())
    if not _is_seen(line):
        raise Missing("The subject is empty.")
    return Text(line, text)


def _is_seen(text: str) -> bool:
    """Has at least one letter, number, sign or symbol."""
    return any(unicodedata.category(sign)[0] in "LNPS" for sign in text)


def _text_message(text: str, purpose: str) -> Text:
    if purpose == MARKETING and not _SAYS_STOP.search(text):
        text = f"{text} {OPT_OUT}"
    size = measure(text)
    if size.segments > settings.HUB_SMS_SEGMENTS:
        most = settings.HUB_SMS_SEGMENTS
        raise Unwritable(f"It is {size.segments} text messages long; HUB_SMS_SEGMENTS allows {most}.")
    return Text("", text, size.segments, size.encoding)


def _filled(source: str, facts: dict[str, Any]) -> str:
    """Whatever a template does, the next message is looked at: so any error of it is one of the template's."""
    try:
        return str(parsed(source).render(**facts))
    except Absent as absent:
        if str(absent).startswith("company."):
            raise NotSetUp(f"There is no {absent}: see the settings that begin with HUB_COMPANY.") from None
        raise Missing(f"This record has no {absent}.") from None
    except Exception as error:
        where = place(source, error)
        raise Unwritable(f"It cannot be written: {f'{where}: ' if where else ''}{said(error)}.") from error


def _tidy(text: str) -> str:
    """No unseen characters, no blanks at the ends of lines, and no more than one empty line: conditions leave them behind."""
    text = unicodedata.normalize("NFC", _BREAKS.sub("\n", text).replace("\t", " "))
    text = "".join(sign for sign in text if sign == "\n" or not (sign in _TURNS or unicodedata.category(sign) in ("Cc", "Cs")))
    lines = "\n".join(line.rstrip() for line in re.sub(r" {2,}", " ", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()[:LONGEST]


def cost_of(segments: int) -> Decimal:
    """What the provider asks, by the settings."""
    return segments * Decimal(settings.HUB_SMS_SEGMENT_COST)


def footer(link: str) -> str:
    """Under marketing by e-mail (CAN-SPAM, 15 U.S.C. 7704(a)(5)): how to end it, and where the company is."""
    parts = ("--", settings.HUB_COMPANY_NAME, settings.HUB_COMPANY_ADDRESS, f"Unsubscribe: {link}")
    return "\n".join(filter(None, parts))
