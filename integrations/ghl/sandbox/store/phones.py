"""Phone numbers as the vendor reads them: E.164, North American without a country code."""

import re

_E164 = re.compile(r"\+[1-9]\d{7,14}")


def normal(number: str) -> str | None:
    """None for what is no number."""
    digits = re.sub(r"\D", "", number)
    if number.strip().startswith("+"):
        plus = f"+{digits}"
    elif len(digits) == 10:
        plus = f"+1{digits}"
    else:
        plus = f"+{digits}" if len(digits) == 11 and digits.startswith("1") else ""
    return plus if _E164.fullmatch(plus) else None
