"""A person connects an org in the browser, and disconnects it."""

import hashlib

import pytest
from pytest_django.fixtures import Settings

from config.isolation.tokens.store import TokenStore
from salesforce.errors import NotAuthorized, ReconnectNeeded
from salesforce.http import shared_redis
from salesforce.models import TokenCopy
from salesforce.oauth import OAuthTokens
from salesforce.oauth.alive import keep_alive
from salesforce.oauth.consent import Consent, Unusable
from salesforce.oauth.endpoint import Denied
from salesforce.oauth.standing import standing
from tests.salesforce.emulated import BROWSER, Vendor, stats

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture(autouse=True)
def by_a_person(vendor: Vendor, settings: Settings) -> None:
    settings.SALESFORCE_FLOW = "web"


def test_the_whole_way(vendor: Vendor) -> None:
    grant = vendor.connect()
    assert grant.org_id == vendor.app.org.credentials.org_id and grant.user_id == vendor.app.org.credentials.user_id
    assert OAuthTokens(shared_redis()).current(stats()).access_token == grant.access_token
    stand = standing()
    assert stand.connected and grant.org_id in stand.said


def test_tokens_are_sealed_wherever_they_lie(vendor: Vendor) -> None:
    grant = vendor.connect()
    stored = shared_redis().get("salesforce:tokens:default")
    copy = TokenCopy.objects.get()
    for secret in (grant.access_token, grant.refresh_token):
        assert secret not in str(stored) and secret not in copy.sealed and secret not in repr(grant)


def test_the_verifier_never_leaves_and_a_state_works_once(vendor: Vendor) -> None:
    consent = Consent(shared_redis())
    address = consent.address(BROWSER)
    assert "code_challenge_method=S256" in address and "scope=api+refresh_token" in address
    back = vendor.click(address)
    consent.finish(back["state"], back["code"], BROWSER, stats())
    with pytest.raises(Unusable, match="begin again"):
        consent.finish(back["state"], back["code"], BROWSER, stats())


def test_another_browser_cannot_finish(vendor: Vendor) -> None:
    consent = Consent(shared_redis())
    back = vendor.click(consent.address(BROWSER))
    with pytest.raises(Unusable):
        consent.finish(back["state"], back["code"], "somebody else's", stats())
    assert standing().connected is False


@pytest.mark.parametrize("denial", ["access_denied", "access-denied"])
def test_denial_is_a_sentence(vendor: Vendor, denial: str) -> None:
    consent = Consent(shared_redis())
    back = vendor.click(consent.address(BROWSER), "deny") | {"error": denial}
    told = consent.refused(back["state"], BROWSER, back["error"], back["error_description"])
    assert "not granted" in str(told)


def test_a_wrong_secret_says_which_setting(vendor: Vendor, settings: Settings) -> None:
    consent = Consent(shared_redis())
    back = vendor.click(consent.address(BROWSER))
    settings.SALESFORCE_CLIENT_SECRET = "wrong"
    with pytest.raises(Denied, match="SALESFORCE_CLIENT_SECRET"):
        consent.finish(back["state"], back["code"], BROWSER, stats())


def test_disconnecting_revokes(vendor: Vendor) -> None:
    grant = vendor.connect()
    done = Consent(shared_redis()).disconnect(stats())
    assert done.was_connected and done.revoked
    with vendor.app.lock:
        assert vendor.app.oauth.grants.refreshable(grant.refresh_token) is None
    assert not TokenCopy.objects.exists() and not standing().connected
    assert not Consent(shared_redis()).disconnect(stats()).was_connected


def test_tokens_are_forgotten_even_where_salesforce_cannot_be_told(vendor: Vendor) -> None:
    vendor.connect()
    vendor.fault({"action": "status", "path": "revoke", "status": 400, "times": 0, "content_type": "application/json",
                  "body": '{"error": "unsupported_token_type"}'})  # fmt: skip
    done = Consent(shared_redis()).disconnect(stats())
    assert done.was_connected and not done.revoked and done.problem
    assert TokenStore("salesforce").load() is None


def test_nobody_connected_is_a_persons_to_mend() -> None:
    with pytest.raises(ReconnectNeeded, match="No Salesforce org is connected"):
        OAuthTokens(shared_redis()).current(stats())


def test_a_token_that_lapses_unused_is_renewed_every_day(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.connect()
    assert keep_alive(stats()) is False
    monkeypatch.setattr("salesforce.oauth.alive.OLD_S", 0)
    monkeypatch.setattr("salesforce.oauth.tokens.YOUNG_S", 0)
    assert keep_alive(stats()) is True
    assert standing().generation == 2


def test_state_from_outside_never_becomes_a_part_of_a_key(vendor: Vendor) -> None:
    with pytest.raises(Unusable):
        Consent(shared_redis()).finish("../x:*", "code", BROWSER, stats())
    assert hashlib.sha256(b"../x:*").hexdigest()  # what the key is made of


def test_an_unattended_login_needs_no_consent(settings: Settings) -> None:
    settings.SALESFORCE_FLOW = "client_credentials"
    with pytest.raises(NotAuthorized, match="without consent"):
        Consent(shared_redis()).address(BROWSER)
