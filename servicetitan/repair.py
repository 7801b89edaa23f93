r"""Making JSON storable that a vendor should not send, without losing the record around it.

PostgreSQL stores no NUL character and no lone half of a surrogate pair, and JSON knows no NaN. What cannot be stored
becomes U+FFFD, the character that says "something was here"; NaN and Infinity become null. Needed by few pages ever,
so the parts that are in order take no part of the cost.
"""

import re

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b', re.DOTALL)
_PAIR = rb"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:(?P<fine>" + _PAIR + rb')|u(?P<code>[0-9a-fA-F]{4})|(?P<other>.))|(?P<raw>[\x00-\x1f])', re.DOTALL)
_SHORT = b'"\\/bfnrt'
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
REPLACEMENT = rb"\ufffd"
DEEPEST = 100  # levels that are kept; a record of ServiceTitan's has about five


def repaired(document: bytes) -> tuple[bytes, int]:
    """(JSON that PostgreSQL can store, number of places changed)."""
    changes = 0

    def fix_escape(match: re.Match[bytes]) -> bytes:
        nonlocal changes
        if _storable(match):
            return match[0]
        changes += 1
        return b"\\u%04x" % match["raw"][0] if match["raw"] and match["raw"] != b"\x00" else REPLACEMENT

    def fix_token(match: re.Match[bytes]) -> bytes:
        nonlocal changes
        if match[0].startswith(b'"'):
            return _ESCAPE.sub(fix_escape, match[0])
        changes += 1
        return b"null"

    text = document.decode(errors="replace")
    clean = text.encode()
    changes += clean != document
    return _TOKEN.sub(fix_token, clean), changes


def shallow(document: bytes) -> bytes:
    """The JSON with every value that is nested too deep to be read by anybody replaced by U+FFFD."""
    kept, end, depth = bytearray(), 0, 0
    for match in _BRACKETS.finditer(document):
        if match[0] in b"[{":
            depth += 1
            if depth == DEEPEST + 1:
                kept += document[end : match.start()] + b'"' + REPLACEMENT + b'"'
        elif match[0] in b"]}":
            depth -= 1
            if depth == DEEPEST:
                end = match.end()
    return bytes(kept if depth > DEEPEST else kept + document[end:])


def _storable(match: re.Match[bytes]) -> bool:
    if match["code"]:
        code = int(match["code"], 16)
        return code != 0 and not 0xD800 <= code <= 0xDFFF
    return bool(match["fine"]) or (match["other"] is not None and match["other"] in _SHORT)
