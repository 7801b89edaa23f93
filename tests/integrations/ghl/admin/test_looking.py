"""The pages of GoHighLevel: what they show, to whom, and that they stay quick."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from integrations.ghl.models import Contact
from tests.integrations.ghl.admin.conftest import Left, url

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

LISTS = ("syncrun", "contact", "opportunity", "synclog", "draft", "stagerule", "account", "ghldelivery", "apicall")
MOST_QUERIES = 25


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens_with_few_queries(operator: Client, left: Left, name: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        text(operator, url(f"{name}_changelist"))
    assert len(queries) <= MOST_QUERIES


@pytest.mark.parametrize("name", LISTS)
def test_nobody_else_sees_them(stranger: Client, left: Left, name: str) -> None:
    assert stranger.get(url(f"{name}_changelist")).status_code == 403


def test_a_contact_s_two_sides_stand_next_to_each_other(operator: Client, left: Left) -> None:
    page = text(operator, url("contact_change", 2))
    assert "GoHighLevel kept another city." in page
    assert page.index("Mesa") < page.index("Troy") < page.index("differs")
    assert "differs" not in text(operator, url("contact_change", 1)), "the vendor trims and changes the case"


def test_conflicts_show_both_sides_in_the_list(operator: Client, left: Left) -> None:
    page = text(operator, url("contact_changelist") + "?state=conflict")
    assert "City: Mesa" in page and "City: Troy" in page and "deleted there" in page
    assert "Person 1" not in page


def test_from_a_record_to_gohighlevel_and_back(operator: Client, left: Left, settings: Settings) -> None:
    settings.HUB_GHL_CONTACT_LINK = "https://crm.example.com/{location}/c/{id}"
    assert 'href="https://crm.example.com/loc1/c/g1" target="_blank" rel="noopener noreferrer"' in text(
        operator, url("contact_change", 1)
    )
    assert url("contact_change", 1) in text(operator, reverse("admin:servicetitan_customer_change", args=[1]))
    assert reverse("admin:servicetitan_customer_change", args=[1]) in text(operator, url("contact_change", 1))
    page = text(operator, reverse("admin:servicetitan_estimate_change", args=[77]))
    assert url("opportunity_change", left.card.pk) in page and "moved there" in page
    settings.HUB_GHL_CONTACT_LINK = ""
    assert "Open in GoHighLevel" not in text(operator, url("contact_change", 1))
    page = text(operator, url("contact_change", 3))
    assert "g3" in page and "Open in GoHighLevel" not in page, "it was deleted there"


def test_a_customer_whom_nobody_looked_at_yet(operator: Client, left: Left) -> None:
    Contact.objects.using("ghl").filter(pk=4).delete()
    assert "not looked at yet" in text(operator, reverse("admin:servicetitan_customer_change", args=[4]))


def test_where_a_card_stands_is_said_in_names(operator: Client, left: Left) -> None:
    page = text(operator, url("opportunity_changelist"))
    assert "Sales: Sold" in page and "1,080.50" in page
    page = text(operator, url("opportunity_change", left.card.pk))
    assert "estimate is with the customer" in page


@pytest.mark.parametrize(
    ("term", "found"), [("2", "Person 2"), ("p1@example.com", "Person 1"), ("+16025550001", "Person 1"), ("g3", "Person 3")]
)
def test_searching_a_contact(operator: Client, left: Left, term: str, found: str) -> None:
    page = text(operator, url("contact_changelist") + "?q=" + term.replace("+", "%2B"))
    assert [name for name in ("Person 1", "Person 2", "Person 3") if name in page] == [found]


def test_who_was_never_sent_has_the_mirror_s_name(operator: Client, left: Left) -> None:
    assert "Person 4" in text(operator, url("contact_changelist") + "?state=skipped")


def test_the_log_shows_what_was_sent_and_hides_who_it_was(operator: Client, left: Left) -> None:
    page = text(operator, url("synclog_change", left.entry.pk))
    assert "•••" in page and "st-vip" in page and "p1@example.com" not in page
    assert url("synclog_change", left.entry.pk) in text(operator, url("synclog_changelist") + f"?run={left.run.pk}")
    assert url("synclog_change", left.entry.pk) not in text(operator, url("synclog_changelist") + "?record=contact:2")


def test_a_comparison_says_how_many_are_there_and_which_differ(operator: Client, left: Left) -> None:
    page = text(operator, url("syncrun_change", left.compared.pk))
    assert "Should be there" in page and "Contacts that differ" in page and url("contact_change", 2) in page
    assert "Contacts there twice" in page and "g9" in page


def test_a_draft_shows_what_would_change(operator: Client, left: Left) -> None:
    page = text(operator, url("draft_change", left.draft.pk))
    assert "60 of 100 contacts (60%)" in page
    assert "&lt;b&gt;Troy&lt;/b&gt;" in page and "<b>Troy" not in page


def test_the_first_page_says_what_needs_a_person(operator: Client, left: Left) -> None:
    cache.clear()
    page = text(operator, reverse("admin:index"))
    assert "60 contacts would change at GoHighLevel at once and wait for your approval." in page
    assert "2 contacts are in conflict" in page
    assert "at GoHighLevel twice" in page


def test_the_first_page_says_how_to_begin(operator: Client, transactional_db: None) -> None:
    cache.clear()
    assert "manage.py sync_ghl --dry-run" in text(operator, reverse("admin:index"))


def test_nobody_without_the_right_sees_a_panel(stranger: Client, left: Left) -> None:
    assert b"GoHighLevel" not in stranger.get(reverse("admin:index")).content
