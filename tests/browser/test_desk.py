"""What an operator does in a day, in a real browser."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django_celery_beat.models import PeriodicTask
from playwright.sync_api import BrowserContext, Page, expect

from config.backoffice.timetable import rhythm
from config.jobs.beat import make_defaults
from tests.backoffice.conftest import Family, Mirror, Queued
from tests.browser.conftest import Watch, log_in

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def _open(page: Page, server: str, name: str, *args: Any, query: str = "") -> None:
    page.goto(f"{server}{reverse(f'admin:{name}', args=args)}{query}")


def test_wrong_passwords_lock_the_login(page: Page, server: str, operator: Any) -> None:
    for _ in range(4):
        log_in(page, server, "olga", "wrong")
        expect(page.get_by_text("Please enter the correct")).to_be_visible()
    log_in(page, server, "olga", "wrong")
    expect(page.get_by_text("Locked for now")).to_be_visible()
    log_in(page, server, "olga")
    expect(page.get_by_text("Locked for now")).to_be_visible()


def test_the_overview_refreshes_itself_where_it_stands(desk: Page, mirror: Mirror, server: str) -> None:
    make_defaults()
    mirror.cursor("customers")
    desk.clock.install()
    _open(desk, server, "index")
    expect(desk.locator("#dashboard")).to_contain_text("This is how to begin")
    mirror.run("customers", state="failed", error="HTTP 502 from the gateway")
    desk.clock.fast_forward("00:20")
    expect(desk.locator("#dashboard")).to_contain_text("HTTP 502 from the gateway")


def test_an_overview_that_cannot_be_refreshed_says_so(desk: Page, watch: Watch, mirror: Mirror, server: str) -> None:
    desk.clock.install()
    _open(desk, server, "index")
    desk.route("**/admin/", lambda route: route.fulfill(status=503, body="away"))
    desk.clock.fast_forward("00:20")
    expect(desk.get_by_role("alert")).to_contain_text("may be out of date: the server answered 503")
    desk.unroute("**/admin/")
    desk.clock.fast_forward("00:20")
    expect(desk.get_by_role("alert")).to_have_count(0)
    watch.complaints.clear()  # the browser writes the 503 down, too


def test_a_session_that_is_over_leads_to_the_login(desk: Page, context: BrowserContext, server: str) -> None:
    desk.clock.install()
    _open(desk, server, "index")
    context.clear_cookies()
    desk.clock.fast_forward("00:20")
    expect(desk.get_by_label("Password")).to_be_visible()


def test_runs_are_filtered_and_one_is_read(desk: Page, mirror: Mirror, server: str) -> None:
    txid = mirror.change("jobs", 31, "changed", {"total": 1}, {"total": 2})
    mirror.run("customers")
    mirror.run("jobs", state="failed", error="ServiceTitan did not answer.", first_txid=txid, last_txid=txid)
    _open(desk, server, "servicetitan_synclog_changelist")
    expect(desk.locator("tr.data-row")).to_have_count(2)
    desk.locator("#changelist a", has_text="Filters").click()
    desk.locator("select[name=state]").select_option("failed")
    desk.get_by_role("button", name="Apply Filters").click()
    expect(desk.locator("tr.data-row")).to_have_count(1)
    expect(desk.get_by_label("Active filters")).to_contain_text("State: failed")
    desk.locator("tr.data-row a").first.click()
    expect(desk.get_by_text("ServiceTitan did not answer.")).to_be_visible()
    expect(desk.locator("#panel-what-changed")).to_contain_text("total")
    desk.get_by_role("link", name="Runs", exact=True).first.click()
    desk.locator("#changelist a", has_text="Filters").click()
    desk.locator("input[name=from]").fill("2020-01-01")
    desk.locator("input[name=to]").fill("2020-01-02")
    desk.get_by_role("button", name="Apply Filters").click()
    expect(desk.get_by_text("Nothing matches")).to_be_visible()
    desk.get_by_role("link", name="Remove the filter Days").click()
    expect(desk.locator("tr.data-row")).to_have_count(2)


def test_from_a_phone_number_to_an_invoice(desk: Page, family: Family, server: str) -> None:
    _open(desk, server, "servicetitan_customer_changelist")
    desk.locator("#searchbar").fill("602 555 0140")
    desk.keyboard.press("Enter")
    desk.get_by_role("link", name="Renée Taylor").click()
    desk.locator("#panel-jobs").get_by_role("link", name="J31").click()
    expect(desk.locator("#panel-summary")).to_contain_text("Dogs & cats")
    desk.locator("#panel-invoices").get_by_role("link", name="INV-61").click()
    expect(desk.locator("#panel-lines")).to_contain_text("Faucet")
    expect(desk.get_by_text('"skuName": "FAUC"')).not_to_be_visible()
    desk.get_by_role("heading", name="The record as ServiceTitan sent it").click()
    expect(desk.get_by_text('"skuName": "FAUC"')).to_be_visible()


def test_the_palette_opens_by_keyboard(desk: Page, family: Family, server: str) -> None:
    _open(desk, server, "index")
    desk.keyboard.press("Control+k")
    desk.locator("#search-input-command").press_sequentially("J31", delay=20)
    desk.get_by_role("link", name="job J31").click()
    expect(desk).to_have_url(re.compile(r"/servicetitan/job/31/change/"))


def test_a_reject_is_retried_through_the_dialog(
    desk: Page, mirror: Mirror, server: str, queued: Queued
) -> None:
    reject = mirror.reject()
    _open(desk, server, "servicetitan_syncreject_change", reject.pk)
    desk.get_by_role("link", name="Retry").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("Retry this record?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).not_to_be_visible()
    assert queued() == []
    desk.get_by_role("link", name="Retry").click()
    dialog.get_by_role("button", name="Retry").click()
    expect(desk.get_by_text("Asked for: retry of 1 record")).to_have_count(1)
    assert queued() == [("servicetitan.retry_rejects", {"ids": [reject.pk], "trigger": "admin: olga"})]


def test_selected_rejects_are_dismissed(desk: Page, mirror: Mirror, server: str, queued: Queued) -> None:
    rejects = [mirror.reject(str(n)) for n in range(3)]
    _open(desk, server, "servicetitan_syncreject_changelist")
    for box in desk.locator("input.action-select").all()[:2]:
        box.check()
    desk.locator("select[name=action]").select_option("dismiss_selected")
    desk.get_by_role("button", name="Run").click()
    expect(desk.get_by_text("Dismiss 2 records?")).to_be_visible()
    desk.get_by_role("button", name="Dismiss").click()
    expect(desk.get_by_text("Asked for: dismissal of 2 records")).to_be_visible()
    ((task, arguments),) = queued()
    assert task == "servicetitan.dismiss_rejects"
    assert sorted(arguments["ids"]) == [rejects[1].pk, rejects[2].pk]


def test_a_schedule_is_changed(throne: Page, server: str) -> None:
    make_defaults()
    schedule = PeriodicTask.objects.get(name="ServiceTitan: what changed")
    _open(throne, server, "django_celery_beat_periodictask_change", schedule.pk)
    expect(throne.locator("[name=hour]")).not_to_be_visible()
    throne.locator("[name=how]").select_option("at")
    throne.locator("[name=hour]").fill("5")
    throne.locator("[name=minute]").fill("45")
    throne.get_by_role("button", name="Save", exact=True).click()
    expect(throne.get_by_text("at 05:45 AM (America/Phoenix)")).to_be_visible()
    assert rhythm(PeriodicTask.objects.get(pk=schedule.pk)) == "at 05:45 AM (America/Phoenix)"


def test_an_id_is_copied_by_a_click(
    desk: Page, context: BrowserContext, family: Family, server: str
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    _open(desk, server, "servicetitan_customer_change", 11)
    desk.locator("#panel-sync [data-copy]").first.click()
    expect(desk.locator("#panel-sync [data-copy]").first).to_have_class(re.compile("hub-copied"))
    assert desk.evaluate("navigator.clipboard.readText()") == "11"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_is_quiet_stays_on_this_host_and_fits(
    throne: Page, watch: Watch, family: Family, mirror: Mirror, server: str, scheme: Any, width: int
) -> None:
    make_defaults()
    run, reject = mirror.run(error="x" * 400, checkpoint_after="A" * 300), mirror.reject(reason="y" * 300)
    mirror.cursor()
    throne.set_viewport_size({"width": width, "height": 900})
    throne.emulate_media(color_scheme=scheme)
    lists = [
        "admin_logentry", "auth_user", "auth_group", "axes_accessattempt", "axes_accesslog", "django_celery_beat_periodictask",
        *(f"servicetitan_{name}" for name in (
            "synccursor", "synclog", "syncreject", "change", "delivery", "customer", "customercontact", "job", "appointment",
            "estimate", "invoice", "businessunit", "jobtype", "technician", "tagtype",
        )),
    ]  # fmt: skip
    pages: list[tuple[str, tuple[Any, ...]]] = [("index", ()), ("password_change", ())]
    pages += [(f"{name}_changelist", ()) for name in lists]
    pages += [
        ("servicetitan_synclog_change", (run.pk,)), ("servicetitan_syncreject_change", (reject.pk,)),
        ("servicetitan_synccursor_change", ("customers",)), ("servicetitan_customer_change", (11,)),
        ("servicetitan_job_change", (31,)), ("servicetitan_invoice_change", (61,)), ("auth_user_add", ()),
        ("django_celery_beat_periodictask_change", (PeriodicTask.objects.all()[0].pk,)), ("servicetitan_synclog_sync_all", ()),
    ]  # fmt: skip
    for name, args in pages:
        _open(throne, server, name, *args)
        expect(throne.locator("#main")).to_be_visible()
        too_wide = throne.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{name} is {too_wide} pixels too wide"
        assert watch.complaints == [], name


def test_the_content_security_policy_is_on(desk: Page, server: str) -> None:
    answer = desk.goto(f"{server}/admin/")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy and "default-src 'self'" in policy
    assert desk.locator("script:not([src])").count() == 0
