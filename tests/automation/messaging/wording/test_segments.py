"""How many text messages a text is, against what 3GPP TS 23.038 says of the alphabet and its parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.messaging.wording.segments import BASIC, GSM, TWICE, UNICODE, measure, plain

ACCENT = "\u0301"


def test_the_alphabet_has_as_many_characters_as_seven_bits_and_the_escape() -> None:
    assert len(BASIC) == 127 and len(TWICE) == 10 and not BASIC & TWICE


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", GSM, 0, 1),
        ("a" * 160, GSM, 160, 1),
        ("a" * 161, GSM, 161, 2),
        ("a" * 306, GSM, 306, 2),
        ("a" * 307, GSM, 307, 3),
        ("a" * 459, GSM, 459, 3),
        ("€" * 80, GSM, 160, 1),
        ("€" * 81, GSM, 162, 2),
        ("a" * 152 + "€" + "a" * 152, GSM, 306, 3),  # the euro would be cut: it begins the second part, and one a is left over
        ("a" * 151 + "€" + "a" * 153, GSM, 306, 2),
        ("[{|}]~\\^", GSM, 16, 1),
        ("@£$¥ÄÖÜäöüßñÑ¿¡§ΔΩ\n", GSM, 19, 1),
        ("ç", UNICODE, 1, 1),  # only the capital is in it
        ("72°", UNICODE, 3, 1),
        ("é" * 160, GSM, 160, 1),
        ("í" * 70, UNICODE, 70, 1),
        ("í" * 71, UNICODE, 71, 2),
        ("í" * 134, UNICODE, 134, 2),
        ("í" * 135, UNICODE, 135, 3),
        ("😀" * 35, UNICODE, 70, 1),
        ("😀" * 36, UNICODE, 72, 2),
        ("í" * 66 + "😀" + "í" * 66, UNICODE, 134, 3),  # no half of a face
    ],
)
def test_vectors(text: str, encoding: str, units: int, segments: int) -> None:
    size = measure(text)
    assert (size.encoding, size.units, size.segments) == (encoding, units, segments)


def test_it_names_what_makes_a_text_dear() -> None:
    assert measure("72° and “so” on “°").odd == ("°", "“", "”")
    assert measure("cheap {}").odd == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("“It\u2019s here” \u2013 at 8… now", '"It\'s here" - at 8... now'),
        ("a\u00a0b\tc\u202fd", "a b c d"),
        ("soft\u00adhyphen\ufeff\u200b", "softhyphen"),
        (f"Jose{ACCENT}", "José"),
        ("°¤í", "°¤í"),
    ],
)
def test_typographic_signs_are_written_plainly(text: str, said: str) -> None:
    assert plain(text) == said


@given(st.text(max_size=700))
def test_parts_are_as_few_as_the_units_allow_or_one_more_for_what_is_not_cut(text: str) -> None:
    size = measure(text)
    whole, part = (160, 153) if size.encoding == GSM else (70, 67)
    if size.units <= whole:
        assert size.segments == 1
        return
    least = -(-size.units // part)
    assert least <= size.segments <= -(-size.units // (part - 1))
    units = len(text.encode("utf-16-be")) // 2 if size.encoding == UNICODE else sum(1 + (sign in TWICE) for sign in text)
    assert size.units == units


@given(st.text(max_size=200))
def test_plain_is_never_dearer_by_its_encoding(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    if measure(text).encoding == GSM:
        assert measure(plain(text)).encoding == GSM
