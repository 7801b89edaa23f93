"""What the site answers to a webhook, and what it keeps of it."""

import base64
import json
import os
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation import process
from config.isolation.actor import acting_as
from integrations.ghl.models import Account, WebhookEvent
from integrations.ghl.webhooks import signatures, views
from tests.integrations.ghl.webhooks.conftest import Site

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
ID = "ocQHyuzHvysMo5N5VsXc"


def test_an_event_is_kept_without_what_it_says_of_people_and_the_worker_is_told(site: Site) -> None:
    assert site.send(site.event()) == 200
    with acting_as("ghl"):
        [row] = WebhookEvent.objects.values()
    assert (row["type"], row["record_id"], row["done_at"]) == ("ContactUpdate", ID, None)
    assert timezone.now() - row["received_at"] < timedelta(minutes=1)
    assert "example.com" not in str(row) and "Ann" not in str(row)
    assert site.rung == ["ghl.inbound"]


def test_a_repeated_one_changes_nothing(site: Site) -> None:
    event = site.event()
    assert [site.send(event), site.send(event | {"type": "ContactDelete"}), site.send(event)] == [200, 200, 200]
    assert site.inbox() == [("ContactUpdate", ID)]
    assert len(site.rung) == 1


def test_fields_may_stand_under_data(site: Site) -> None:
    event = site.event()
    fields = {"id": event.pop("id"), "locationId": event["locationId"], "email": event.pop("email")}
    assert site.send(event | {"data": fields}) == 200
    assert site.inbox() == [("ContactUpdate", ID)]


SIGNED = {
    "both": (("ed25519", "rsa"), {}, 200),
    "the new one alone": (("ed25519",), {}, 200),
    "the legacy alone": (("rsa",), {}, 200),
    "none": ((), {}, 401),
    "N/A and the legacy": (("rsa",), {"X-GHL-Signature": "N/A"}, 200),
    "the new one and N/A": (("ed25519",), {"x-wh-signature": "N/A"}, 200),
    "N/A twice": ((), {"X-GHL-Signature": "N/A", "x-wh-signature": "n/a"}, 401),
    "a wrong new one beside a good legacy": (("rsa",), {"X-GHL-Signature": base64.b64encode(b"x" * 64).decode()}, 401),
    "a good new one beside a wrong legacy": (("ed25519",), {"x-wh-signature": "bm90aGluZw=="}, 200),
    "no base64": ((), {"X-GHL-Signature": "%%%"}, 401),
    "too short": ((), {"X-GHL-Signature": "eA=="}, 401),
}


@pytest.mark.parametrize("case", SIGNED)
def test_the_first_signature_that_is_there_decides(site: Site, case: str) -> None:
    kinds, headers, status = SIGNED[case]
    assert site.send(site.event(), kinds, **headers) == status
    assert len(site.inbox()) == (status == 200)


def test_a_body_that_was_changed_on_the_way_is_refused(site: Site) -> None:
    body = json.dumps(site.event()).encode()
    assert site.post(body.replace(b"Ann", b"Bob"), site.signed(body)) == 401
    assert site.post(body + b" ", site.signed(body)) == 401
    assert site.post(body, site.signed(body)) == 200
    assert len(site.inbox()) == 1


def test_another_s_key_opens_nothing(site: Site, settings: Settings) -> None:
    """With no key set it is the vendor's, which the emulator does not have."""
    settings.HUB_GHL_WEBHOOK_KEY = settings.HUB_GHL_WEBHOOK_LEGACY_KEY = ""
    assert site.send(site.event()) == 401
    settings.HUB_GHL_WEBHOOK_LEGACY_KEY = "none"
    assert site.send(site.event(), ("rsa",)) == 401
    assert site.inbox() == []


def test_the_vendor_s_own_keys_are_keys() -> None:
    signatures.check_keys()
    legacy = signatures._key(signatures.VENDORS_LEGACY_KEY, RSAPublicKey)
    assert isinstance(legacy, RSAPublicKey) and legacy.key_size == 4096


def test_keys_may_be_written_as_pem(site: Site, settings: Settings) -> None:
    bare = settings.HUB_GHL_WEBHOOK_KEY
    for line in ("\n", "\\n", ""):  # as a file has it, as .env has it, and on one line
        settings.HUB_GHL_WEBHOOK_KEY = f"-----BEGIN PUBLIC KEY-----{line}{bare}{line}-----END PUBLIC KEY-----"
        assert site.send(site.event(), ("ed25519",)) == 200


@pytest.mark.parametrize("key", ["nonsense", "AAAA", signatures.VENDORS_LEGACY_KEY])
def test_a_wrong_key_is_told_by_a_check(settings: Settings, key: str) -> None:
    settings.HUB_GHL_WEBHOOK_KEY = key
    assert "hub.E040" in [message.id for message in run_checks()]


OLD = {"now": 0, "4 minutes": -240, "6 minutes": -360, "ahead": 360, "a day": -86_400}


@pytest.mark.parametrize("case", OLD)
def test_what_is_old_is_refused(site: Site, case: str) -> None:
    moment = timezone.now() + timedelta(seconds=OLD[case])
    status = 200 if abs(OLD[case]) < 300 else 401
    for stamp in (moment.isoformat(), f"{moment:%Y-%m-%dT%H:%M:%SZ}", int(moment.timestamp() * 1000), int(moment.timestamp())):
        assert site.send(site.event(timestamp=stamp)) == status
    assert len(site.inbox()) == (4 if status == 200 else 0)


WRONG: dict[str, dict[str, Any]] = {
    "no timestamp": {"timestamp": None},
    "a timestamp that is none": {"timestamp": "yesterday"},
    "a timestamp out of this world": {"timestamp": 1e300},
    "a timestamp of true": {"timestamp": True},
    "no webhookId": {"webhookId": None},
    "a webhookId that is no text": {"webhookId": 7},
    "a webhookId without an end": {"webhookId": "x" * 5000},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_lacks_what_every_event_has_is_refused(site: Site, case: str) -> None:
    assert site.send(site.event(**WRONG[case])) == 400
    assert site.inbox() == []


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"[" * 60_000, b"\xff\xfe", b'{"webhookId": "\\u0000"}'])
def test_what_is_no_event_is_refused(site: Site, body: bytes) -> None:
    assert site.post(body, site.signed(body)) == 400


NOTHING: dict[str, dict[str, Any]] = {
    "another sub-account's": {"locationId": "locAnother"},
    "no sub-account's": {"locationId": None},
    "a type nobody knows": {"type": "NoteCreate"},
    "a message": {"type": "InboundMessage"},
    "no type": {"type": None},
    "no record": {"id": None},
    "a record whose id is an address": {"id": "../oauth/token?x=1"},
    "a record whose id is no text": {"id": {"$ne": 1}},
}


@pytest.mark.parametrize("case", NOTHING)
def test_what_is_not_for_us_is_answered_and_forgotten(site: Site, case: str) -> None:
    assert site.send(site.event(**NOTHING[case])) == 200
    assert site.inbox() == []
    assert site.rung == []


def test_a_web_process_without_the_unit_s_settings_knows_the_sub_account_from_the_worker(
    site: Site, settings: Settings
) -> None:
    location, settings.GHL_LOCATION_ID = settings.GHL_LOCATION_ID, ""
    assert site.send(site.event(locationId=location)) == 200
    assert site.inbox() == []
    with acting_as("ghl"):
        Account.objects.create(location_id=location, seen_at=timezone.now())
    assert site.send(site.event(locationId=location)) == 200
    assert site.send(site.event(locationId="locAnother")) == 200
    assert len(site.inbox()) == 1


def test_large_bodies_are_not_read(site: Site) -> None:
    at_most = json.dumps(site.event(note="")).encode()
    at_most = at_most.replace(b'"note": ""', b'"note": "' + b"x" * (64 * 1024 - len(at_most)) + b'"')
    assert len(at_most) == 64 * 1024
    assert site.post(at_most, site.signed(at_most)) == 200
    more = at_most + b" "
    assert site.post(more, site.signed(more)) == 413
    assert site.post(b"x" * 3_000_000) == 413
    assert len(site.inbox()) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_only_post(site: Site, method: str) -> None:
    body = json.dumps(site.event()).encode()
    assert site.post(body, site.signed(body), method=method) == 405
    assert site.inbox() == []


def test_the_address_may_lack_its_slash(site: Site) -> None:
    body = json.dumps(site.event()).encode()
    assert site.post(body, site.signed(body), path="/webhooks/ghl") == 200
    assert len(site.inbox()) == 1


def test_the_worker_out_of_reach_is_no_reason_to_refuse(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(task: str, **arguments: Any) -> None:
        raise OSError("no bus")

    monkeypatch.setattr("config.jobs.queue.send", away)
    assert site.send(site.event()) == 200
    assert len(site.inbox()) == 1


def test_a_flock_of_events_wakes_the_worker_once_and_once_behind_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.jobs.bell.PAUSE_S", 4.0)  # in which twenty are sent
    with monkeypatch.context() as impatient:
        impatient.setattr(views.bell, "wait", lambda seconds: True)
        for _ in range(20):
            assert site.send(site.event()) == 200
    assert views.bell.wait(20)
    assert len(site.inbox()) == 20
    assert site.rung == ["ghl.inbound", "ghl.inbound"]


def test_what_cannot_be_stored_is_asked_for_again_and_taken_when_it_comes_late(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor sends the same body ten minutes later and more."""
    event = site.event(timestamp=(timezone.now() - timedelta(minutes=4, seconds=57)).isoformat())
    with monkeypatch.context() as shut:
        shut.setitem(connections["default"].settings_dict, "PASSWORD", "wrong")
        assert site.send(event) == 429
    later = timezone.now() + timedelta(minutes=60)
    monkeypatch.setattr("integrations.ghl.webhooks.views.timezone.now", lambda: later)
    assert site.send(site.event(timestamp=event["timestamp"])) == 401, "another one is as old as it is"
    assert site.send(event) == 200
    assert len(site.inbox()) == 1


def test_the_web_process_may_put_into_the_inbox_and_do_nothing_else_there(site: Site) -> None:
    site.send(site.event())
    with acting_as("backoffice"), connections["default"].cursor() as cursor:
        for statement in ("SELECT * FROM", "DELETE FROM", "TRUNCATE"):
            with pytest.raises(Exception, match="permission denied"):
                cursor.execute(f"{statement} integrations.ghl_webhook_events")


def test_the_site_s_own_pages_go_on_asking_for_their_token(site: Site) -> None:
    assert get_wsgi_application()
    assert site.post(b"username=a&password=b", {"Content-Type": "application/x-www-form-urlencoded"}, path="/admin/login/") == 403


def test_the_web_process_is_given_the_public_keys_and_no_credential_of_the_unit() -> None:
    given = {"HUB_GHL_WEBHOOK_KEY": "public", "GHL_API_TOKEN": "secret", "GHL_OAUTH_CLIENT_SECRET": "secret"}
    found = process.environment_for(process.units_of("api_server"), os.environ | given)
    assert {name for name in given if name in found} == {"HUB_GHL_WEBHOOK_KEY"}
