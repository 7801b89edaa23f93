"""Tokens of a connected app: sealed, renewed once for all, through crashes, lost answers and refusals."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress.retries import Stats
from config.isolation.tokens.store import TokenStore
from integrations.ghl import connect
from integrations.ghl.errors import NotAuthorized, Unreachable
from integrations.ghl.http import shared_redis
from integrations.ghl.oauth import OAuthTokens, endpoint, tokens_for
from integrations.ghl.oauth import tokens as module
from integrations.ghl.oauth.endpoint import Endpoint
from integrations.ghl.oauth.grant import Grant
from integrations.ghl.tokens import PrivateToken
from tests.integrations.ghl.emulated import Vendor

TOKEN = "/oauth/token"


def tokens() -> OAuthTokens:
    """As another process has them."""
    return OAuthTokens(django_settings.GHL_LOCATION_ID, shared_redis())


def stored() -> Grant:
    found = tokens().stored()
    assert found is not None
    return found


def age(seconds_left: float) -> Grant:
    """Let the stored token be as old as that."""
    grant = Grant(**stored().as_dict() | {"obtained_at": time.time() - 86_400, "expires_at": time.time() + seconds_left})
    TokenStore("ghl", django_settings.GHL_LOCATION_ID).save(grant.as_dict())
    return grant


@pytest.mark.parametrize("version", ["2021-07-28", "v3"])
def test_connected_calls_are_made_and_tokens_lie_sealed(vendor: Vendor, settings: Settings, version: str) -> None:
    settings.GHL_API_VERSION = version
    grant = vendor.connect()
    assert connect.client().account(Stats())["id"] == grant.location_id
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        raw = client.get(f"ghl:tokens:{grant.location_id}")
    assert raw and grant.access_token not in raw and grant.refresh_token not in raw
    assert grant.access_token not in repr(grant)
    age(60)
    assert tokens().current(Stats()) == stored().access_token != grant.access_token
    assert connect.client().account(Stats())["id"] == grant.location_id


def test_a_token_far_from_its_end_is_not_renewed(vendor: Vendor) -> None:
    vendor.connect()
    for _ in range(3):
        tokens().current(Stats())
    assert vendor.calls(TOKEN) == 1


def test_a_token_that_the_vendor_drops_is_renewed_once(vendor: Vendor) -> None:
    vendor.connect()
    age(80_000)
    vendor.app.authority.expire()
    client = connect.client()
    for _ in range(3):
        client.account(Stats())
    assert vendor.rotations == 1


def test_tokens_that_live_for_a_few_calls_are_renewed_again_and_again(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "YOUNG_S", 0.0)
    vendor.connect()
    vendor.switch(token_dies_after_calls=3)
    client = connect.client()
    for _ in range(12):
        client.account(Stats())
    assert vendor.rotations == 3


def test_a_token_refused_as_soon_as_it_was_given_is_not_renewed_in_a_loop(vendor: Vendor) -> None:
    vendor.connect()
    vendor.fault({"action": "unauthorized", "path": "/locations/", "times": 0})
    for _ in range(3):
        with pytest.raises(NotAuthorized):
            connect.client().account(Stats())
    assert vendor.calls(TOKEN) == 1


def test_a_missing_scope_is_no_reason_to_renew(vendor: Vendor) -> None:
    vendor.connect()
    age(80_000)
    vendor.switch(scopes=["contacts.readonly"])
    with pytest.raises(NotAuthorized, match="scope"):
        connect.client().account(Stats())
    assert vendor.calls(TOKEN) == 1


def test_of_many_who_need_a_new_token_one_asks(vendor: Vendor) -> None:
    vendor.connect()
    age(-1)
    start = threading.Barrier(12)

    def ask(_: int) -> str:
        with acting_as("ghl"):
            start.wait()
            return tokens().current(Stats())

    with ThreadPoolExecutor(12) as pool:
        got = set(pool.map(ask, range(12)))
    assert got == {stored().access_token}
    assert vendor.calls(TOKEN) == 2, "connecting, and one renewal"


def test_while_another_renews_ahead_of_time_nobody_waits(vendor: Vendor) -> None:
    vendor.connect()
    old = age(60)
    shared_redis().set(f"ghl:oauth:turn:{old.location_id}", "another's", px=60_000)
    began = time.monotonic()
    assert tokens().current(Stats()) == old.access_token
    assert time.monotonic() - began < 2
    assert vendor.calls(TOKEN) == 1


def test_an_answer_that_was_lost_is_asked_for_again(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "TIMEOUT", (1, 0.3))
    vendor.connect()
    age(-1)
    vendor.fault({"action": "silence", "path": TOKEN, "seconds": 5}, {"action": "html", "path": TOKEN, "status": 502})
    assert tokens().current(Stats()) == stored().access_token
    assert vendor.rotations == 1
    assert connect.client().account(Stats())


def test_renewal_ahead_of_time_may_fail(vendor: Vendor) -> None:
    vendor.connect()
    old = age(60)
    vendor.fault({"action": "status", "status": 500, "path": TOKEN, "times": 0})
    mine = tokens()
    mine._endpoint._retries.sleep = lambda seconds: None  # the vendor's worst minute, in a test's time
    assert mine.current(Stats()) == old.access_token
    asked = vendor.calls(TOKEN)
    assert mine.current(Stats()) == old.access_token
    assert vendor.calls(TOKEN) == asked, "and is left alone for a while"


@pytest.mark.parametrize("status", [400, 401])
def test_a_dead_connection_is_told_and_never_asked_again(vendor: Vendor, status: int) -> None:
    vendor.switch(invalid_grant_status=status)
    vendor.connect()
    age(-1)
    vendor.app.authority.forget()
    for _ in range(3):
        with pytest.raises(NotAuthorized, match=r"connect again: manage\.py ghl_connect"):
            tokens().current(Stats())
        with pytest.raises(NotAuthorized, match="connect again"):
            connect.client().account(Stats())
    assert vendor.calls(TOKEN) == 2
    vendor.connect()
    assert connect.client().account(Stats())


def test_a_wrong_secret_is_not_sent_again_until_it_is_another(vendor: Vendor, settings: Settings) -> None:
    vendor.connect()
    age(-1)
    good, settings.GHL_OAUTH_CLIENT_SECRET = settings.GHL_OAUTH_CLIENT_SECRET, "wrong"
    for _ in range(2):
        with pytest.raises(NotAuthorized, match="GHL_OAUTH_CLIENT_SECRET"):
            tokens().current(Stats())
    assert vendor.calls(TOKEN) == 2
    assert 0 < shared_redis().ttl(f"ghl:oauth:{settings.GHL_LOCATION_ID}") <= 900, "and it may pass by itself"
    settings.GHL_OAUTH_CLIENT_SECRET = good
    assert tokens().current(Stats())


def test_who_comes_late_does_not_bring_a_used_token_back(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that stood still between the answer and storing it, while the others went on twice."""
    vendor.connect()
    age(-1)
    real = Endpoint.refresh

    def slow(self: Endpoint, *arguments: Any) -> Grant:
        answer = real(self, *arguments)
        monkeypatch.setattr(Endpoint, "refresh", real)
        shared_redis().delete(f"ghl:oauth:turn:{django_settings.GHL_LOCATION_ID}")
        tokens().current(Stats())
        age(-1)
        tokens().current(Stats())
        return answer

    monkeypatch.setattr(Endpoint, "refresh", slow)
    late = tokens().current(Stats())
    assert late == stored().access_token
    age(-1)
    vendor.switch(refresh_grace=0)
    time.sleep(0.01)
    assert tokens().current(Stats()), "what is stored still brings new ones"


def test_somebody_else_s_use_of_the_token_is_no_dead_connection(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.switch(refresh_grace=0)
    vendor.connect()
    age(-1)
    real = Endpoint.refresh

    def beaten(self: Endpoint, *arguments: Any) -> Grant:
        monkeypatch.setattr(Endpoint, "refresh", real)
        shared_redis().delete(f"ghl:oauth:turn:{django_settings.GHL_LOCATION_ID}")
        tokens().current(Stats())
        shared_redis().set(f"ghl:oauth:turn:{django_settings.GHL_LOCATION_ID}", self_number(mine), px=5000)
        time.sleep(0.01)  # a grace of no seconds ends with the clock's next tick
        return real(self, *arguments)

    mine = tokens()
    monkeypatch.setattr(Endpoint, "refresh", beaten)
    assert mine.current(Stats()) == stored().access_token


def self_number(mine: OAuthTokens) -> str:
    """Under which it holds its turn."""
    return mine._turn._number


def test_while_redis_cannot_store_the_tokens_are_not_lost(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.connect()
    old = age(-1)
    real = TokenStore.exchange

    def away(self: TokenStore, *_: Any) -> bool:
        raise redis.ConnectionError

    monkeypatch.setattr(TokenStore, "exchange", away)
    mine = OAuthTokens(django_settings.GHL_LOCATION_ID, shared_redis(), sleep=lambda seconds: None)
    new = mine.current(Stats())
    assert new != old.access_token
    assert stored() == old
    monkeypatch.setattr(TokenStore, "exchange", real)
    assert mine.current(Stats()) == new == stored().access_token
    assert vendor.calls(TOKEN) == 2


def test_without_redis_the_last_known_token_goes_on(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.connect()
    mine = tokens()
    token = mine.current(Stats())

    def away(self: TokenStore) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(TokenStore, "load", away)
    assert mine.current(Stats()) == token
    with pytest.raises(Unreachable, match="Redis"):
        tokens().current(Stats())


def test_which_tokens_are_used(vendor: Vendor, settings: Settings) -> None:
    assert isinstance(tokens_for(settings), OAuthTokens)
    with pytest.raises(NotAuthorized, match="ghl_connect"):
        tokens_for(settings).current(Stats())
    settings.GHL_API_TOKEN = "pit-sandbox"
    private = tokens_for(settings)
    assert isinstance(private, PrivateToken)
    assert private.current(Stats()) == "pit-sandbox"
    settings.GHL_API_TOKEN = settings.GHL_OAUTH_CLIENT_ID = ""
    with pytest.raises(NotAuthorized, match="Set GHL_API_TOKEN"):
        tokens_for(settings)


def test_tokens_that_cannot_be_opened_are_told(vendor: Vendor, settings: Settings) -> None:
    vendor.connect()
    settings.SEAL_KEYS_FILES["ghl"].unlink()
    settings.SEAL_KEYS_FILES["ghl"].write_text("")
    with pytest.raises(NotAuthorized, match="sealing keys"):
        tokens().current(Stats())
