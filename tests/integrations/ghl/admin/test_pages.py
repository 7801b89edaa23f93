"""What the pages say."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from integrations.ghl.parity import Part, Report
from integrations.models import Account, Contact, Draft, Opportunity, SyncLog, SyncRun
from servicetitan.models import Customer, Estimate
from tests.backoffice.conftest import Family
from tests.integrations.ghl.admin.conftest import LOCATION, Ghl, text_of, url

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
CONFLICTS = "admin:integrations_contact_conflicts"
SENT = {"firstName": "Renée", "lastName": "Taylor", "city": "Tempe", "email": "renee@example.com"}


def test_both_sides_stand_next_to_each_other_and_differences_are_marked(operator: Client, ghl: Ghl) -> None:
    ghl.account()
    ghl.contact(11, name="Renée Taylor", sent=SENT, remote={**SENT, "city": "Mesa", "firstName": "renée "}, tags=["st-vip"])
    page = text_of(operator, url(Contact, "change", 11))
    assert page.count("hub-warning\">differs") == 2  # the city, and a tag that is not there; case and blanks are the vendor's
    assert "Tempe" in page and "Mesa" in page
    link = f"https://app.gohighlevel.com/v2/location/{LOCATION}/contacts/detail/c11"
    assert f'href="{link}" target="_blank" rel="noopener noreferrer"' in page
    assert reverse("admin:servicetitan_customer_change", args=[11]) in page


def test_a_card_that_a_person_moved_shows_both_stages(operator: Client, ghl: Ghl) -> None:
    ghl.account()
    remote = {"name": "Heat pump 77", "pipelineId": "pipeInstall", "pipelineStageId": "sDone", "status": "open"}
    card = ghl.card(77, 11, remote=remote, moved_by_human=True, sent={"name": "Heat pump 77"})
    page = text_of(operator, url(Opportunity, "change", card.pk))
    assert "Sales: Proposal Sent" in page and "Install: Completed" in page
    assert "moved by a person" in page and page.count("hub-warning\">differs") == 1


def test_a_customers_page_leads_to_its_contact_and_its_cards(operator: Client, ghl: Ghl, family: Family) -> None:
    ghl.account()
    ghl.contact(11, dnd_settings={"sms": "active", "email": "inactive"})
    card = ghl.card(51, 11)
    page = text_of(operator, reverse("admin:servicetitan_customer_change", args=[family.customer.pk]))
    assert url(Contact, "change", 11) in page and url(Opportunity, "change", card.pk) in page
    assert "off: sms" in page and "/contacts/detail/c11" in page
    page = text_of(operator, reverse("admin:servicetitan_estimate_change", args=[family.estimate.pk]))
    assert url(Opportunity, "change", card.pk) in page and "Sales: Proposal Sent" in page


def test_servicetitans_pages_show_nothing_of_it_to_who_may_not_see_it(stranger: Client, ghl: Ghl, family: Family) -> None:
    ghl.contact(11)
    user = stranger.get(reverse("admin:index")).wsgi_request.user
    for model in (Customer, Estimate):
        user.user_permissions.add(_view(model))  # type: ignore[union-attr] # logged in
    page = text_of(stranger, reverse("admin:servicetitan_customer_change", args=[11]))
    assert "Renée" in page and "GoHighLevel" not in page


def _view(model: type[Customer] | type[Estimate]) -> int:
    return int(Permission.objects.get(codename=f"view_{model._meta.model_name}", content_type__app_label="servicetitan").pk)


def test_an_estimate_that_was_not_looked_at_says_so(operator: Client, ghl: Ghl, family: Family) -> None:
    page = text_of(operator, reverse("admin:servicetitan_estimate_change", args=[51]))
    assert "This estimate has not been looked at yet" in page


def test_a_draft_shows_old_and_new_and_for_how_many(operator: Client, ghl: Ghl) -> None:
    draft = ghl.draft()
    page = text_of(operator, url(Draft, "change", draft.pk))
    for text in ("80 contacts (80 % of all)", "Tempe", "Mesa", "st-vip", "Renée Taylor", "1 of 80 contacts, as examples"):
        assert text in page, text
    assert "80 contacts would change at GoHighLevel" not in text_of(operator, reverse("admin:index"))  # nothing has run
    ghl.run(state="braked", error="too many")
    assert "80 contacts would change at GoHighLevel" in text_of(operator, reverse("admin:index"))


def test_the_log_says_what_was_sent_and_not_who_it_was(operator: Client, ghl: Ghl) -> None:
    body = {"firstName": "•••", "email": "•••", "country": "US", "customFields": [{"id": "f1"}]}
    again = timezone.now() + timedelta(hours=2)
    log = ghl.log(11, request=body, answer={"id": "c11"}, run=ghl.run(), attempts=3, next_try_at=again)
    page = text_of(operator, url(SyncLog, "change", log.pk))
    assert "Personal values are masked" in page and "•••" in page and "in 1 h" in page
    assert url(SyncRun, "change", log.run_id) in page


def test_the_account_page_has_no_token(operator: Client, ghl: Ghl) -> None:
    long_ago = (timezone.now() - timedelta(days=120)).isoformat()
    ghl.account(connection={"kind": "private", "since": long_ago, "mark": "0123456789ab", "daily_calls": 200_000})
    answer = operator.get(url(Account, "changelist"))
    assert answer.status_code == 302  # there is one: its page
    page = text_of(operator, answer["Location"])
    assert "advises a new one every 90 days" in page and "0 of 200,000 calls today" in page
    assert "0123456789ab" not in page
    assert "Proposal Sent" in page and "None came yet" in page


def _report() -> Report:
    report = Report()
    report.contacts = Part(should=10, there=9)
    report.contacts.add_differing(Contact(pk=11, ghl_id="c11"), ["city"])
    report.contacts.add_twin(Contact(pk=12, ghl_id="c12"), "c99")
    report.opportunities = Part(should=5, there=5)
    return report


def test_parity_says_how_many_and_lists_which_differ(operator: Client, ghl: Ghl) -> None:
    address = reverse("admin:integrations_syncrun_parity")
    assert "Nothing has been compared yet" in text_of(operator, address)
    ghl.account()
    ghl.contact(11, name="Renée Taylor")
    run = ghl.run(mode="reconcile", parity=_report().as_dict())
    page = text_of(operator, address)
    for text in ("Renée Taylor", "City", "Contacts that are there twice", "c99", f"run {run.pk}"):
        assert text in page, text
    overview = text_of(operator, reverse("admin:index"))
    assert ">2</a>" in overview  # one differs, one is missing


def test_the_overview_says_what_is_left_and_how_long_it_takes(operator: Client, ghl: Ghl) -> None:
    ghl.account()
    ghl.run(mode="backfill")
    now = timezone.now()
    for id in range(1, 31):
        ghl.contact(id, state="new", ghl_id=None, due_at=now)
    page = text_of(operator, reverse("admin:index"))
    assert "30 contacts to send: about 10 s at the pace GoHighLevel allows." in page
    ghl.run(created=300, started_at=now - timedelta(minutes=50), finished_at=now)
    cache.clear()
    assert "about 5 min 6 s at the pace of the last runs." in text_of(operator, reverse("admin:index"))
    with acting_as("ghl"):
        Account.objects.update(connection={"daily_calls": 20})
    cache.clear()
    assert "about 1 day more, because GoHighLevel allows 20 calls a day." in text_of(operator, reverse("admin:index"))


def test_a_run_that_died_is_not_called_running(operator: Client, ghl: Ghl) -> None:
    run = ghl.run(state="running", finished_at=None)
    assert "no sign of life" in text_of(operator, url(SyncRun, "change", run.pk))
    assert "the last run gives no sign of life" in text_of(operator, reverse("admin:index"))


def test_contacts_are_found_by_what_people_have_in_hand(operator: Client, ghl: Ghl) -> None:
    ghl.contact(11, name="Renée Taylor", phone="+16025550140", email="renee@example.com")
    ghl.contact(12, name="Other One")
    for term in ("11", "c11", "(602) 555-0140", "Renee@Example.com"):
        page = text_of(operator, f"{url(Contact, 'changelist')}?q={term.replace('+', '%2B')}")
        assert "Renée Taylor" in page and "Other One" not in page, term


def test_ghls_id_is_found_from_anywhere_by_who_may_see_it(operator: Client, stranger: Client, ghl: Ghl) -> None:
    ghl.contact(11, name="Renée Taylor", ghl_id="mQuFtjMDo9Dfs7qpzIc8")
    address = f"{reverse('admin:search')}?extended=1&s=mQuFtjMDo9Dfs7qpzIc8"
    assert url(Contact, "change", 11) in text_of(operator, address)
    assert "Renée" not in text_of(stranger, address)


@pytest.mark.parametrize("link", ["javascript:alert(1)//{id}", "https://app.example.com/contacts"])
def test_a_link_that_leads_nowhere_is_said_at_the_start(settings: Settings, link: str) -> None:
    settings.HUB_GHL_CONTACT_LINK = link
    assert [m.id for m in run_checks() if "HUB_GHL_CONTACT_LINK" in m.msg] == ["hub.E041"]


def test_without_a_link_the_id_is_shown(operator: Client, ghl: Ghl, settings: Settings) -> None:
    settings.HUB_GHL_CONTACT_LINK = ""
    ghl.account()
    ghl.contact(11)
    page = text_of(operator, url(Contact, "change", 11))
    assert "gohighlevel.com" not in page and "c11" in page
