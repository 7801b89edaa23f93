"""How moments, sizes, texts and differences are written."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from config.backoffice import show
from servicetitan.admin.changes import difference_lines, differences
from servicetitan.admin.finding import written_phones
from servicetitan.admin.sizes import about

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"), (59, "59 s ago"), (360, "6 min ago"), (7_300, "2 h ago"), (90_000, "1 day ago"), (400_000, "4 days ago"),
        (-50_400, "in 14 h"), (70_000_000, "2 years ago"),
    ],
)  # fmt: skip
def test_age_in_the_largest_unit_that_fits(seconds: int, text: str) -> None:
    assert show.age(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.41, "0.4 s"), (59, "59 s"), (185, "3 min 5 s"), (900, "15 min"), (7_800, "2 h 10 min"), (None, "")]
)
def test_duration(seconds: float | None, text: str) -> None:
    assert show.duration(seconds) == text


def test_a_moment_is_in_the_companys_zone_with_utc_on_hover(settings: Settings) -> None:
    assert settings.TIME_ZONE == "America/Phoenix"
    written = show.moment(NOW - timedelta(minutes=6), NOW)
    assert "Nov 23, 12:54 AM" in written
    assert "6 min ago" in written
    assert 'title="2026-11-23 07:54:00 UTC"' in written


def test_the_year_is_written_where_it_is_another_one() -> None:
    assert show.clock(datetime(2025, 3, 4, 20, 5, tzinfo=UTC), NOW) == "Mar 4 2025, 1:05 PM"


def test_a_vendors_date_does_not_become_the_day_before() -> None:
    assert show.day(datetime(2026, 11, 23, tzinfo=UTC)) == "Nov 23, 2026"
    assert "12:30 PM" in str(show.day(datetime(2026, 11, 23, 19, 30, tzinfo=UTC)))


def test_html_of_the_vendor_becomes_text() -> None:
    text = show.plain("<p>Dogs &amp; cats</p><script>alert(1)</script><ul><li>one</li><li>two</li></ul><style>p{}</style>")
    assert text == "Dogs & cats\none\ntwo"


def test_entities_that_hide_tags_are_escaped_in_the_end() -> None:
    assert show.plain("&lt;img src=x onerror=alert(1)&gt;") == "<img src=x onerror=alert(1)>"
    assert "<img" not in show.paragraphs("&lt;img src=x onerror=alert(1)&gt;")


def test_json_is_escaped_and_broken_json_is_shown_as_it_is() -> None:
    assert "&lt;b&gt;" in show.pretty({"a": "<b>"})
    assert show.pretty('{"a": <b>') == '<pre class="hub-json">{&quot;a&quot;: &lt;b&gt;</pre>'


def test_differences_go_into_nested_objects_and_end_with_the_time_stamp() -> None:
    old = {"modifiedOn": "a", "address": {"city": "X", "zip": "1"}, "name": "A"}
    new = {"modifiedOn": "b", "address": {"city": "Y", "zip": "1"}, "name": "B", "email": "c"}
    assert differences(old, new) == [
        ("address.city", "X", "Y"), ("name", "A", "B"), ("email", None, "c"), ("modifiedOn", "a", "b"),
    ]  # fmt: skip


def test_differences_are_escaped_and_the_many_are_folded() -> None:
    written = difference_lines({f"f{n}": 1 for n in range(9)}, {f"f{n}": "<i>" for n in range(9)})
    assert "<i>" not in written
    assert "3 more" in written


@pytest.mark.parametrize("typed", ["6025550140", "(602) 555-0140", "602-555-0140", "+1 602 555 0140", "1-602-555-0140"])
def test_a_phone_number_is_looked_for_in_every_way_it_is_written(typed: str) -> None:
    assert {"6025550140", "(602) 555-0140", "602-555-0140", "+16025550140"} <= set(written_phones(typed))


@pytest.mark.parametrize(("rows", "text"), [(0, "none"), (8, "8"), (1_234, "about 1,230"), (1_236_512, "about 1,240,000")])
def test_an_estimate_has_no_more_digits_than_it_is_good_for(rows: int, text: str) -> None:
    assert about(rows) == text
