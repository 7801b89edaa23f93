"""What leaves: one line as a subject, no unseen characters, the way out of marketing, and what it costs."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from automation.messaging.models import Template, TemplateVersion
from automation.messaging.wording.checks import a_segment_has_a_price, the_company_can_be_named
from automation.messaging.wording.rendering import Missing, Text, Unwritable, cost_of, footer, render, written

STOP = "Reply STOP to opt out."


def sms(body: str, purpose: str = "service", **facts: Any) -> Text:
    return written("sms", purpose, "", body, {"customer": facts})


def mail(subject: str, body: str, **facts: Any) -> Text:
    return written("email", "service", subject, body, {"customer": facts})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("  Hi  Ann \n\n\n\n you \t there \n", "Hi Ann\n\n you there"),
        ("a{% if customer.city %} b{% endif %} c", "a c"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\x1b[31mb\x7f\x00c", "a[31mbc"),
        ("price: \u202e05$ \u2066x", "price: 05$ x"),
        ("Jose\u0301", "José"),
        ("It\u2019s \u201con\u201d", 'It\'s "on"'),
    ],
)
def test_texts_are_tidy(body: str, said: str) -> None:
    assert sms(body).body == said


@pytest.mark.parametrize("evil", ["\r\nBcc: x@example.com", "\nX: y", "\x85X", "\u2028X", "\x0bX", "\x00X"])
def test_a_record_makes_no_second_header(evil: str) -> None:
    for text in (mail("About {{ customer.name }}", "Hi", name=f"Ann{evil}"), mail(f"About Ann{evil}", "Hi")):
        assert text.subject.isprintable() and text.subject.startswith("About Ann")


def test_emails_keep_their_signs_and_lines() -> None:
    body = "Hi \u201cAnn\u201d,\n\n72° \u2013 fine"
    assert mail("It\u2019s  you", body) == Text("It\u2019s you", body)


UNSEEN = [
    "{% if customer.city %}x{% endif %}", "{{ customer.name }}", "{{ customer.city | default: '' }} \n", "\u00ad",
    "\u200b \u200d",
]  # fmt: skip


@pytest.mark.parametrize("body", UNSEEN)
def test_nothing_is_no_text(body: str) -> None:
    with pytest.raises(Missing, match="empty"):
        sms(body, name=" \n ")
    with pytest.raises(Missing, match="empty"):
        mail("x", body, name=" \n ")
    with pytest.raises(Missing, match="The subject is empty"):
        mail(body, "x", name="\x00")


@pytest.mark.parametrize(
    ("body", "added"),
    [
        ("Buy", True),
        ("The gas STOP valve", True),
        ("Don't stop to think, answer today", True),
        ("We stop by", True),
        ("Text us, STOP", True),
        ("Buy. Reply STOP to opt out.", False),
        ("Buy. Text STOP to end", False),
        ("Buy. reply with 'STOP' and we will", False),
        ("Buy. STOP=end", False),
        ("Buy. STOP 2 end", False),
    ],
)
def test_marketing_by_text_says_how_to_end_it(body: str, added: bool) -> None:
    assert sms(body, "marketing").body == (f"{body} {STOP}" if added else body)
    assert sms(body).body == body


def test_a_record_does_not_take_the_way_out() -> None:
    assert sms("About {{ customer.name }}", "marketing", name="Main STOP cock").body.endswith(STOP)


def test_the_way_out_is_counted(company: Settings) -> None:
    assert sms("x" * 160).segments == 1 and sms("x" * 160, "marketing").segments == 2
    assert sms("x" * (160 - len(STOP) - 1), "marketing").segments == 1


def test_no_more_parts_than_the_settings_allow(company: Settings) -> None:
    assert sms("x" * 612).segments == 4
    with pytest.raises(Unwritable, match="It is 5 text messages long; HUB_SMS_SEGMENTS allows 4"):
        sms("x" * 613)
    with pytest.raises(Unwritable):
        sms("{{ customer.name }}", name="í" * 300)


def test_what_it_costs(company: Settings) -> None:
    assert cost_of(3) == Decimal("0.0249") and sms("Hi 😀").encoding == "UCS-2"


def version(kind: str, purpose: str) -> TemplateVersion:
    template = Template(name="x", kind=kind, purpose=purpose, entity="customer")
    return TemplateVersion(template=template, number=1, subject="" if kind == "sms" else "Hi", body="Hi")


def test_marketing_by_email_needs_the_companys_postal_address(company: Settings) -> None:
    assert render(version("email", "marketing"), {}).body == "Hi"
    company.HUB_COMPANY_ADDRESS = ""
    with pytest.raises(Missing, match="HUB_COMPANY_ADDRESS is not set"):
        render(version("email", "marketing"), {})
    assert render(version("email", "service"), {}).body == render(version("staff", "marketing"), {}).body == "Hi"
    assert render(version("sms", "marketing"), {}).body == f"Hi {STOP}"


def test_the_footer_says_who_where_and_how_to_end_it(company: Settings) -> None:
    said = "--\nDesert Air\n1 Main Street, Mesa, AZ 85201\nUnsubscribe: https://hub.example.com/u/1"
    assert footer("https://hub.example.com/u/1") == said


def test_a_company_without_a_name_is_warned_of(company: Settings) -> None:
    assert the_company_can_be_named(None) == []
    company.HUB_COMPANY_NAME = company.HUB_COMPANY_ADDRESS = ""
    (warning,) = the_company_can_be_named(None)
    assert (warning.id, warning.msg) == (
        "hub.W042", "Messages cannot say who writes, not set: HUB_COMPANY_NAME, HUB_COMPANY_ADDRESS."
    )  # fmt: skip
    company.HUB_UNITS = ("servicetitan",)
    assert the_company_can_be_named(None) == []
    company.HUB_UNITS, company.MESSAGING_ENABLED = (), False
    assert the_company_can_be_named(None) == []


def test_a_price_is_a_number(company: Settings) -> None:
    for price in ("0.0083", "0", "-1", "free", "", "NaN"):
        company.HUB_SMS_SEGMENT_COST = price
        assert [error.id for error in a_segment_has_a_price(None)] == ([] if price in ("0.0083", "0") else ["hub.E042"]), price
