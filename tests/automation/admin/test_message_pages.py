"""The pages of messages, templates, consent, answers and simulations: what they say, and who may do what."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from automation.messaging import consent, simulating
from automation.messaging.models import Answer, Consent, Message, Template, TemplateVersion
from automation.messaging.wording import templates
from automation.workflows.models import Simulation, Version
from config.isolation.actor import acting_as
from tests.automation.admin.conftest import text_of, url
from tests.automation.messaging.delivery.conftest import Office, number, office
from tests.backoffice.conftest import drain
from tests.mirror import moment

__all__ = ["office"]

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def sent(operator: Client, viewer: Client, stranger: Client, office: Office) -> Office:
    """Customer 1 got a message and answered; customer 2 said no."""
    office.usual()
    office.customer(2)
    consent.said("sms", number(2), office.now, allowed=False, source="STOP", why="They wrote STOP.")
    office.estimate(2, 2)
    office.decide()
    office.send()
    Answer.objects.create(key="a", kind="inbound", address=number(1), text="Call me please", meaning="reply")
    return office


def test_pages_open_where_nothing_was_ever_sent(operator: Client) -> None:
    for model, said in ((Message, "No message yet"), (Template, "No template yet"), (Consent, "The ledger is empty"),
                        (Answer, "Nobody has answered yet"), (Simulation, "None yet")):  # fmt: skip
        assert said in text_of(operator, url(model, "changelist")), model


def test_a_message_says_what_became_of_it_and_why(sent: Office, operator: Client, stranger: Client) -> None:
    page = text_of(operator, url(Message, "changelist"))
    assert "handed to the provider" in page and "not sent, for a reason" in page and "says no (STOP)" in page
    message = Message.objects.get(customer_id=1)
    page = text_of(operator, url(Message, "change", message.pk))
    for said in ("Hi Ann Lee B", number(1), "It is with the provider.", "about work that was ordered", message.provider_id):
        assert said in page, said
    assert number(2) not in text_of(operator, url(Message, "changelist") + f"?q=%2B{number(1)[1:]}")
    assert stranger.get(url(Message, "change", message.pk)).status_code == 403


def test_a_customers_page_says_whether_they_may_be_written_to(sent: Office, operator: Client) -> None:
    page = text_of(operator, reverse("admin:servicetitan_customer_change", args=[2]))
    assert "May be written to" in page and "says no (STOP): They wrote STOP." in page
    assert "Hi Ann" not in page and "not sent, for a reason" in page


def test_a_template_with_a_real_record_and_with_none(sent: Office, operator: Client) -> None:
    template = Template.objects.get(name="note")
    address = url(Template, "change", template.pk)
    assert "Hi Ann Lee" in text_of(operator, address)
    assert "Hi Ann Lee C" in text_of(operator, f"{address}?entity=estimate&id=2")
    assert "There is no estimate 999" in text_of(operator, f"{address}?entity=estimate&id=999")


FORM = {"title": "A note", "purpose": "service", "kind": "sms", "entity": "estimate", "subject": "", "name": "note"}


def test_a_template_is_checked_and_makes_a_version(sent: Office, operator: Client, viewer: Client) -> None:
    template = Template.objects.get(name="note")
    address = reverse("admin:automation_template_edit", args=[template.pk])
    assert viewer.get(address).status_code == 403 and viewer.post(address, FORM).status_code == 403
    page = operator.post(address, FORM | {"body": "Hi {{ customer.nme }}"}).content.decode()
    assert "there is no customer.nme" in page and TemplateVersion.objects.count() == 1
    assert operator.post(address, FORM | {"body": "Hello {{ customer.name }}"}).status_code == 302
    newest = TemplateVersion.objects.order_by("-number")[0]
    assert (newest.number, newest.body, newest.made_by) == (2, "Hello {{ customer.name }}", "olga")
    page = operator.post(reverse("admin:automation_template_add"), FORM | {"body": "Hi"}).content.decode()
    assert "there is a template note already" in page


def test_the_ready_made_ones_are_brought_in_by_a_post_alone(operator: Client) -> None:
    address = reverse("admin:automation_template_bring_in")
    assert "Bring them in" in operator.get(address).content.decode() and not Template.objects.exists()
    operator.post(address)
    assert Template.objects.count() == len(templates.ready())


def test_staff_note_what_somebody_said(sent: Office, operator: Client, viewer: Client) -> None:
    address = reverse("admin:automation_consent_add")
    said = {"channel": "sms", "address": "(602) 555-0001", "said": "no", "purposes": ["service"], "why": "On the phone"}
    assert viewer.post(address, said).status_code == 403
    assert "is no phone number" in operator.post(address, said | {"address": "12"}).content.decode()
    before = Consent.objects.count()
    assert operator.post(address, said | {"address": number(1)}).status_code == 302
    assert Consent.objects.count() == before + 1
    assert not consent.standing("sms", number(1), "service").allowed
    newest = Consent.objects.order_by("-pk")[0]
    assert newest.who == "olga" and "On the phone" in text_of(operator, url(Consent, "change", newest.pk))


def test_evidence_is_a_file(sent: Office, operator: Client, stranger: Client) -> None:
    address = reverse("admin:automation_consent_evidence") + "?customer=2"
    answer = operator.get(address)
    rows = json.loads(answer.content)
    assert answer["Content-Disposition"].startswith("attachment") and {row["address"] for row in rows} >= {number(2)}
    assert stranger.get(address).status_code == 403


def test_a_reply_is_read(sent: Office, operator: Client) -> None:
    assert "Call me please" in text_of(operator, url(Answer, "changelist"))
    page = text_of(operator, url(Answer, "change", Answer.objects.get().pk))
    assert "Call me please" in page and number(1) in page


def test_a_simulation_is_asked_for_and_shown(sent: Office, operator: Client) -> None:
    drain("automation")
    version: Any = Version.objects.select_related("workflow").get()
    address = reverse("admin:automation_workflow_simulate", args=[version.workflow.pk])
    assert "Nothing is sent" in operator.get(address).content.decode()
    operator.post(address)
    ((name, arguments),) = drain("automation")
    assert name == "automation.simulate" and arguments["version"] == version.pk
    with acting_as("automation"):
        row = simulating.store(version.pk, 30, "olga", sent.now.fromisoformat(moment(1)))
    assert row.state == "done" and row.report is not None
    page = text_of(operator, url(Simulation, "change", row.pk))
    assert "Would have entered" in page and "Messages, one by one" in page


def test_what_a_workflow_brought_in_and_who_is_inside(sent: Office, operator: Client, viewer: Client) -> None:
    workflow: Any = Version.objects.select_related("workflow").get().workflow
    page = text_of(operator, reverse("admin:automation_workflow_outcome", args=[workflow.pk]))
    assert "No control group: nobody can say what would have happened anyway." in page and "Both groups" in page
    address = reverse("admin:automation_workflow_move", args=[workflow.pk])
    drain("automation")
    assert "nobody is inside on an older version" in operator.post(address).content.decode()
    office_steps = [{"do": "wait", "for": "2d"}, {"do": "send sms", "template": "note"}]
    with acting_as("automation"):
        sent.workflow(*office_steps)
        sent.estimate(3)
        sent.decide()
        sent.workflow(*office_steps, {"do": "wait", "for": "1d"}, {"do": "send sms", "template": "other"})
    assert "1 would move" in operator.get(address).content.decode()
    assert viewer.post(address).status_code == 403 and drain("automation") == []
    operator.post(address)
    ((name, arguments),) = drain("automation")
    assert name == "automation.move" and arguments["workflow"] == workflow.pk
