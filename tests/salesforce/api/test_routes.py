"""Every route: who may, what it does, and what it says where it cannot."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from salesforce.oauth.standing import standing
from tests.mirror import customer, email, load, people
from tests.salesforce.api.conftest import Keyed
from tests.salesforce.emulated import Pushing, Vendor

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
BASE = "/api/salesforce"


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(f"{BASE}/{path}", json.dumps(body) if body is not None else "", content_type="application/json")


def problem(reply: Any, status: int) -> str:
    """What the problem document says."""
    assert reply.status_code == status, reply.content
    assert reply["Content-Type"] == "application/problem+json"
    body = json.loads(reply.content)
    assert body["status"] == status and body["title"] and body["detail"]
    return str(body["detail"])


def test_nobody_is_asked_who_they_are(client: Client) -> None:
    reply = client.get(f"{BASE}/status")
    assert "hub_" in problem(reply, 401) and reply["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("options", [{"revoked": True}, {"until": timezone.now() - timedelta(hours=1)}])
def test_a_key_that_is_over_opens_nothing(keyed: Keyed, options: dict[str, Any]) -> None:
    problem(keyed("connect", **options).get(f"{BASE}/status"), 401)


def test_a_key_with_the_right_beginning_and_another_end_opens_nothing(keyed: Keyed) -> None:
    client = keyed("connect")
    right = str(client.defaults["HTTP_AUTHORIZATION"])
    other = Client(headers={"Authorization": f"{right[:-4]}xxxx"})
    problem(other.get(f"{BASE}/status"), 401)


@pytest.mark.parametrize(
    ("scope", "method", "path", "body"),
    [
        ("read", "post", "sync/customer", {"customer_id": 1}),
        ("read", "post", "sync/full", {}),
        ("sync", "post", "disconnect", {}),
    ],
)
def test_scopes(keyed: Keyed, scope: str, method: str, path: str, body: Any) -> None:
    assert f"you have '{scope}'" in problem(post(keyed(scope), path, body), 403)


def test_people_without_the_admin_are_nobody(person: Callable[..., Client]) -> None:
    problem(person(staff=False).get(f"{BASE}/status"), 401)


def test_people_have_scopes_by_their_rights(person: Callable[..., Client]) -> None:
    client = person("salesforce.add_syncrun")
    assert client.get(f"{BASE}/status").status_code == 200
    problem(post(client, "disconnect"), 403)


def test_a_persons_post_needs_the_csrf_token(person: Callable[..., Client]) -> None:
    client = person(superuser=True, enforce_csrf_checks=True)
    assert post(client, "sync/full").status_code == 403


def test_one_customer_now(vendor: Vendor, keyed: Keyed) -> None:
    load("contacts", email(1, 1))
    load("customers", customer(1, "Ann Lee"), customer(2, "Bob Ray"))
    reply = post(keyed("sync"), "sync/customer", {"customer_id": 1}).json()
    assert (reply["ok"], reply["state"], reply["created"]) == (True, "succeeded", 1)
    assert reply["records"][0]["sf_id"] == vendor.records()[1]["Id"]
    assert set(vendor.records()) == {1}


def test_many_customers_now(vendor: Vendor, keyed: Keyed) -> None:
    people(5)
    reply = post(keyed("sync"), "sync/customers", {"customer_ids": [1, 2, 3, 3]}).json()
    assert reply["created"] == 3 and {row["state"] for row in reply["records"]} == {"sent"}


def test_who_is_not_in_the_mirror(keyed: Keyed) -> None:
    assert "99" in problem(post(keyed("sync"), "sync/customer", {"customer_id": 99}), 404)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sync/customer", {"customer_id": "1"}),
        ("sync/customer", {"customer_id": 0}),
        ("sync/customer", {"customer": 1}),
        ("sync/customer", []),
        ("sync/customers", {"customer_ids": []}),
        ("sync/customers", {"customer_ids": list(range(1, 202))}),
        ("sync/queue", {"customer_ids": [1], "when": "now"}),
    ],
)
def test_what_is_not_valid_is_said(keyed: Keyed, path: str, body: Any) -> None:
    assert "Not valid" in problem(post(keyed("sync"), path, body), 422)


def test_half_a_body(keyed: Keyed) -> None:
    reply = keyed("sync").post(f"{BASE}/sync/customer", "{", content_type="application/json")
    problem(reply, 400)


def test_queued_work_is_a_task_of_the_unit(keyed: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    people(2)
    sent: list[tuple[str, dict[str, Any]]] = []

    def note(task: str, **given: Any) -> str:
        sent.append((task, given))
        return "the-id"

    monkeypatch.setattr("salesforce.api.syncing.send", note)
    client = keyed("sync")
    for path, body in (("sync/queue", {}), ("sync/queue", {"customer_ids": [2]}), ("sync/full", None)):
        reply = post(client, path, body)
        assert (reply.status_code, reply.json()["task"]) == (202, "the-id")
    assert [task for task, _ in sent] == ["salesforce.sync", "salesforce.push", "salesforce.sync"]
    assert sent[1][1]["customers"] == [2] and sent[2][1]["mode"] == "full"


def test_runs_and_what_did_not_succeed(vendor: Vendor, push: Pushing, keyed: Keyed) -> None:
    people(2)
    vendor.fault({"action": "row_error", "path": "composite/sobjects", "key": "^1 ", "code": "OTHER", "message": "No."})
    push()
    load("customers", customer(2, "Changed"))
    push()
    client = keyed("read")
    page = client.get(f"{BASE}/sync/runs?limit=1").json()
    assert [run["updated"] for run in page["runs"]] == [1] and page["before"] == page["runs"][0]["id"]
    first = client.get(f"{BASE}/sync/runs?before={page['before']}").json()
    assert first["before"] is None
    detail = client.get(f"{BASE}/sync/runs/{first['runs'][0]['id']}").json()
    assert detail["by_state"] == {"success": 1, "failed": 1}
    assert detail["problems"][0]["customer_id"] == 1 and "No." in detail["problems"][0]["reason"]
    problem(client.get(f"{BASE}/sync/runs/999999"), 404)


def test_progress(vendor: Vendor, push: Pushing, keyed: Keyed) -> None:
    client = keyed("read")
    assert client.get(f"{BASE}/sync/progress").json()["state"] == "none"
    people(2)
    push()
    told = client.get(f"{BASE}/sync/progress").json()
    assert (told["state"], told["kinds"]) == ("succeeded", {"contacts": {"done": 2, "total": 2}})


def test_both_sides_of_a_customer(vendor: Vendor, push: Pushing, keyed: Keyed) -> None:
    load("contacts", email(1, 1))
    load("customers", customer(1, "Ann Lee"))
    push()
    vendor.human("edit", id=vendor.records()[1]["Id"], LastName="Married")
    found = keyed("read").get(f"{BASE}/customers/1").json()
    (side,) = found["objects"]
    assert found["asked_salesforce"] and side["state"] == "sent" and side["wanted"]["LastName"] == "Lee"
    assert side["differs"] == [{"field": "LastName", "wanted": "Lee", "there": "Married"}]
    assert side["link"].endswith(side["sf_id"]) and found["log"][0]["act"] == "create"
    problem(keyed("sync").get(f"{BASE}/customers/99"), 404)


def test_a_customer_where_salesforce_cannot_be_asked(vendor: Vendor, push: Pushing, keyed: Keyed) -> None:
    people(1)
    push()
    vendor.fault({"action": "status", "path": "sobjects/Contact", "status": 400, "times": 0})
    found = keyed("read").get(f"{BASE}/customers/1").json()
    assert not found["asked_salesforce"] and found["said"] and found["objects"][0]["there"] is None
    assert found["objects"][0]["wanted"]


def test_a_person_connects_and_disconnects(vendor: Vendor, person: Callable[..., Client], settings: Settings) -> None:
    settings.SALESFORCE_FLOW = "web"
    client = person(superuser=True)
    there = client.get(f"{BASE}/auth")
    assert there.status_code == 302 and there["Location"].startswith(f"{vendor.address}/services/oauth2/authorize?")
    back = vendor.click(there["Location"])
    reply = client.get(f"{BASE}/callback", back)
    assert reply.status_code == 302 and urlsplit(reply["Location"]).path.startswith("/admin/")
    with acting_as("salesforce"):
        assert standing().connected
    assert client.get(f"{BASE}/status").json()["connected"] is True
    assert post(client, "disconnect").json() == {"was_connected": True, "revoked": True, "problem": ""}
    assert client.get(f"{BASE}/status").json()["connected"] is False


def test_another_browser_cannot_finish_what_this_one_began(
    vendor: Vendor, person: Callable[..., Client], settings: Settings
) -> None:
    settings.SALESFORCE_FLOW = "web"
    client = person(superuser=True)
    back = vendor.click(client.get(f"{BASE}/auth")["Location"])
    with acting_as("backoffice"):
        session = client.session
    with acting_as("backoffice"):
        other = Client()
        other.force_login(User.objects.get(username="ann"), "django.contrib.auth.backends.ModelBackend")
        assert other.session.session_key != session.session_key
    other.get(f"{BASE}/callback", back)
    with acting_as("salesforce"):
        assert not standing().connected


def test_a_key_cannot_connect(keyed: Keyed) -> None:
    problem(keyed("connect").get(f"{BASE}/auth"), 401)


def test_an_unattended_login_needs_no_consent(person: Callable[..., Client]) -> None:
    assert "SALESFORCE_FLOW" in problem(person(superuser=True).get(f"{BASE}/auth"), 409)


def test_switched_off(vendor: Vendor, keyed: Keyed, settings: Settings) -> None:
    people(1)
    settings.SALESFORCE_SYNC_ENABLED = False
    assert "switched off" in problem(post(keyed("sync"), "sync/customer", {"customer_id": 1}), 409)
    assert not vendor.records()


def test_too_many_calls(keyed: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    client = keyed("read")
    for _ in range(700):
        reply = client.get(f"{BASE}/sync/progress")
        if reply.status_code != 200:
            break
    problem(reply, 429)
    assert int(reply["Retry-After"]) >= 1


def test_there_is_nothing_else(keyed: Keyed) -> None:
    problem(keyed("read").get(f"{BASE}/nothing/here"), 404)


def test_the_document_and_its_page(person: Callable[..., Client], client: Client) -> None:
    document = client.get(f"{BASE}/openapi.json")
    assert document.status_code == 302 and "login" in document["Location"]
    staff = person()
    paths = staff.get(f"{BASE}/openapi.json").json()["paths"]
    assert len(paths) == 12
    page = staff.get(f"{BASE}/docs")
    assert page.status_code == 200 and b"cdn" not in page.content
