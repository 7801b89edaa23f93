"""GoHighLevel's pages in a real browser: what an operator decides, and that no page complains."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.integrations.ghl.admin.conftest import Ghl, Queued, ghl, queued

__all__ = ["ghl", "queued"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
LISTS = ("syncrun", "contact", "opportunity", "synclog", "draft", "stagerule", "ghldelivery", "apicall")


def _open(page: Page, server: str, name: str, *args: object) -> None:
    page.goto(f"{server}{reverse(f'admin:{name}', args=args)}")


def test_a_draft_is_approved_in_a_dialog(desk: Page, server: str, ghl: Ghl, queued: Queued) -> None:
    draft = ghl.draft()
    _open(desk, server, "integrations_draft_change", draft.pk)
    desk.get_by_role("link", name="Approve").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("There is no button that takes it back.")
    assert queued() == []
    dialog.get_by_role("button", name="Approve 80 contacts").click()
    expect(desk.get_by_text("Asked for: approval of draft")).to_be_visible()
    [(task, given)] = queued()
    assert (task, given["draft"], given["approve"]) == ("ghl.decide", draft.pk, True)


def test_the_rule_form_shows_what_belongs_to_the_choice(desk: Page, server: str, ghl: Ghl) -> None:
    ghl.account()
    _open(desk, server, "integrations_stagerule_add")
    days = desk.get_by_label("After how many days")
    expect(days).to_be_hidden()
    desk.get_by_label("When this happens in ServiceTitan").select_option("follow_up")
    expect(days).to_be_visible()
    desk.get_by_label("The card goes to").select_option(label="Sales: Proposal Sent")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator("#result_list")).to_contain_text("Sales: Proposal Sent")
    expect(desk.get_by_text("Apply to all cards").first).to_be_visible()


def test_no_page_complains(desk: Page, server: str, ghl: Ghl) -> None:
    """The watch fails the test where one wrote to the console or called another host."""
    account, run = ghl.account(), ghl.run()
    contact, card, log = ghl.contact(11, remote={"city": "Mesa"}), ghl.card(77, 11), ghl.log(11, run=run)
    for name in LISTS:
        _open(desk, server, f"integrations_{name}_changelist")
        expect(desk.locator("#content")).to_be_visible()
    for name, record in (("account", account), ("syncrun", run), ("contact", contact), ("opportunity", card), ("synclog", log)):
        _open(desk, server, f"integrations_{name}_change", record.pk)
        expect(desk.locator(".hub-record")).to_be_visible()
    for name in ("integrations_contact_conflicts", "integrations_syncrun_parity"):
        _open(desk, server, name)
        expect(desk.locator(".hub-record")).to_be_visible()
