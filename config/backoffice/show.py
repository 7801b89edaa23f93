"""How things are written on the pages: moments, ages, states, numbers, vendor's texts. Everything comes back escaped."""

import html
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString

DASH = "\N{EN DASH}"
NOTHING = format_html('<span class="hub-nothing" title="no value">{}</span>', DASH)
GOOD, WARNING, BAD, INFO, PLAIN = "good", "warning", "bad", "info", "plain"

_UNITS = (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_UNSEEN = re.compile(r"<\s*(script|style)\b.*?<\s*/\s*\1\s*>", re.IGNORECASE | re.DOTALL)
_BLOCKS = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h\d)\b[^>]*>", re.IGNORECASE)


def moment(value: datetime | None, now: datetime | None = None) -> SafeString:
    """The moment in the company's zone, how long ago that is, and UTC on hover."""
    if value is None:
        return NOTHING
    utc = value.astimezone(UTC)
    return format_html(
        '<time class="hub-time" datetime="{}" title="{}">{} <span class="hub-age">{}</span></time>',
        utc.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S} UTC", clock(value, now), age(value, now),
    )  # fmt: skip


def day(value: datetime | None) -> SafeString | str:
    """A vendor's date, which comes as midnight UTC: in the company's zone it would be the day before."""
    if value is None:
        return NOTHING
    utc = value.astimezone(UTC)
    return f"{utc:%b} {utc.day}, {utc.year}" if (utc.hour, utc.minute, utc.second) == (0, 0, 0) else moment(value)


def clock(value: datetime, now: datetime | None = None) -> str:
    """Date and time of day in the company's zone; the year only where it is another one."""
    local, today = timezone.localtime(value), timezone.localtime(now or timezone.now())
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local:%b} {local.day}{year}, {local.hour % 12 or 12}:{local:%M} {local:%p}"


def age(value: datetime, now: datetime | None = None) -> str:
    """ "6 min ago", "in 14 h"."""
    seconds = ((now or timezone.now()) - value).total_seconds()
    if abs(seconds) < 5:
        return "just now"
    span = _span(abs(seconds))
    return f"{span} ago" if seconds > 0 else f"in {span}"


def _span(seconds: float) -> str:
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), ("s", 1))
    count = int(seconds // size)
    plural = "s" if count != 1 and unit in ("year", "month", "day") else ""
    return f"{count} {unit}{plural}"


def duration(seconds: float | None) -> str:
    """ "0.4 s", "3 min 5 s", "2 h 10 min"."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    parts = [(hours, "h"), (minutes, "min"), (0 if hours else rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def pill(text: str, tone: str = PLAIN) -> SafeString:
    """A state, in words; the tone only helps the eye."""
    return format_html('<span class="hub-pill hub-{}">{}</span>', tone, text)


def number(value: int | float | None) -> SafeString | str:
    return NOTHING if value is None else f"{value:,}"


def money(value: Decimal | None) -> SafeString | str:
    return NOTHING if value is None else f"{value:,.2f}"


def yes_no(value: bool | None) -> SafeString | str:
    return NOTHING if value is None else "yes" if value else "no"


def size(count: int) -> str:
    """Bytes in a unit people read."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"


def some(value: Any) -> Any:
    """The value, or the sign for "nothing here"."""
    return NOTHING if value is None or value == "" else value


def plain(text: str | None) -> str:
    """A vendor's HTML as text: tags go, paragraphs stay, entities become characters. Escape it as any text."""
    if not text:
        return ""
    bare = html.unescape(strip_tags(_BLOCKS.sub("\n", _UNSEEN.sub("", text))))
    lines = (" ".join(line.split()) for line in bare.splitlines())
    return "\n".join(line for line in lines if line)


def paragraphs(text: str | None) -> SafeString:
    """As `plain`, with its line breaks."""
    return format_html('<div class="hub-text">{}</div>', plain(text)) if text else NOTHING


def short(text: str | None, length: int = 80) -> str:
    line = " ".join(plain(text).split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def pretty(value: Any) -> SafeString:
    """JSON for reading: a value, or a text that holds JSON; any other text stays as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return format_html('<pre class="hub-json">{}</pre>', value)
    return format_html('<pre class="hub-json">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))


def copyable(text: Any) -> SafeString:
    """A value people paste elsewhere: a click copies it."""
    if text is None or text == "":
        return NOTHING
    return format_html('<code class="hub-copy" data-copy tabindex="0" title="Click to copy">{}</code>', text)


def link(url: str, text: Any) -> SafeString:
    return format_html('<a class="hub-link" href="{}">{}</a>', url, text)


def code(text: str) -> SafeString:
    return format_html("<code>{}</code>", text)


def fold(summary: str, content: Any) -> SafeString:
    return format_html('<details class="hub-fold"><summary>{}</summary>{}</details>', summary, content)


def lines(parts: list[Any]) -> SafeString:
    """One below the other."""
    if not parts:
        return NOTHING
    return format_html("<div>{}</div>", format_html_join("", "<div>{}</div>", ((part,) for part in parts)))


def whole(text: Any) -> SafeString:
    """What would read badly in two lines."""
    return format_html('<span class="hub-whole">{}</span>', text)


def quiet(text: Any) -> SafeString:
    return format_html('<span class="hub-age">{}</span>', text)


def format_inline(*parts: Any) -> SafeString:
    """One beside the other."""
    return format_html_join(" ", "{}", ((part,) for part in parts if part))
