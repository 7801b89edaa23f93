"""Nothing secret and nothing personal in logs: their formatters (config/logs.py) mask what is known and what is recognised.

Known: the secrets in the settings, wherever they turn up. Recognised: bearer tokens, fields such as `access_token` or
`password` in queries, forms and JSON, logins inside addresses, e-mail addresses, and phone numbers written as such
(a bare number may be an id or a time, and stays).
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.core.signals import setting_changed

from config.isolation.manifest import UNITS

SECRET, EMAIL, PHONE = "[secret]", "[e-mail]", "[phone]"
SHORTEST = 6  # a shorter secret would blacken ordinary words

_NAMES = (
    r"(?:access|refresh|id|auth|csrf)_?token|client_?secret|password|passwd|secret(?:_?key)?|api_?key|app_?key|st-app-key|"
    r"code_verifier|client_assertion|assertion"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(Bearer\s+)[\w.~+/=!-]{6,}", re.IGNORECASE), rf"\1{SECRET}"),
    (re.compile(r"(\bAuthorization\W{1,4}(?:Basic|Digest|OAuth)\s+)[^\s'\",]+", re.IGNORECASE), rf"\1{SECRET}"),
    (re.compile(r"(://[^\s:/@'\"]*:)[^\s/@'\"]+(?=@)"), rf"\1{SECRET}"),
    (re.compile(rf"""(\b(?:{_NAMES})\\?["']\s*:\s*\\?["'])(?:[^"'\\]|\\[^"'])+""", re.IGNORECASE), rf"\1{SECRET}"),
    (re.compile(rf"""(\b(?:{_NAMES})\s?=\s?)["']?[^\s"'&,;)}}\]]+""", re.IGNORECASE), rf"\1{SECRET}"),
    (re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}"), EMAIL),
    (re.compile(r"(?<![\w.:+-])\+\d[\d ().-]{7,17}\d(?![\w:-])"), PHONE),
    (re.compile(r"(?<![\w.-])\(\d{3}\)\s?\d{3}[-. ]\d{4}(?![\w-])"), PHONE),
    (re.compile(r"(?<![\w.-])(?:1[-. ])?\d{3}([-. ])\d{3}\1\d{4}(?![\w.-]\d|\w)"), PHONE),
)
_SECRET_SETTING = re.compile(r"SECRET|PASSWORD|TOKEN|_KEY$|_KEYS$")


def masked(text: str) -> str:
    """The text without what must not stand in a log."""
    if known := _known():
        text = known.sub(SECRET, text)
    for pattern, mask in _PATTERNS:
        text = pattern.sub(mask, text)
    return text


@cache
def _known() -> re.Pattern[str] | None:
    values = {value for value in _secrets() if len(value) >= SHORTEST}
    spellings = {spelling for value in values for spelling in (value, quote(value, safe=""))}
    return re.compile("|".join(map(re.escape, sorted(spellings, key=len, reverse=True)))) if spellings else None


def _secrets() -> Iterator[str]:
    beginnings = ("SECRET_KEY", "HUB_", *(name for unit in UNITS for name in unit.environment))
    for name in dir(settings):
        if not name.isupper():
            continue
        for value in _texts(getattr(settings, name)):
            if name.startswith(beginnings) and _SECRET_SETTING.search(name):
                yield value
            elif "://" in value:
                yield unquote(_login_in(value))
    yield from (str(login["PASSWORD"]) for login in settings.DATABASES.values() if login.get("PASSWORD"))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, str))
    elif isinstance(value, dict):
        yield from (item for item in value.values() if isinstance(item, str))


def _login_in(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""


def _forget_known(**_: Any) -> None:
    _known.cache_clear()


setting_changed.connect(_forget_known)
