"""Renewing: by one at a time, stored before it is used, told apart where it fails for good."""

import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django.fixtures import Settings

from config.isolation.tokens.store import TokenStore
from salesforce.errors import NotAuthorized, ReconnectNeeded, Unreachable
from salesforce.http import shared_redis
from salesforce.models import TokenCopy
from salesforce.oauth import OAuthTokens
from salesforce.oauth import tokens as module
from salesforce.oauth.endpoint import Endpoint
from salesforce.oauth.keep import Keep
from salesforce.oauth.standing import standing
from tests.salesforce.emulated import Vendor, stats
from tests.salesforce.processes import start

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture(autouse=True)
def by_a_person(vendor: Vendor, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SALESFORCE_FLOW = "web"
    monkeypatch.setattr(module, "YOUNG_S", 0)


def tokens() -> OAuthTokens:
    return OAuthTokens(shared_redis(), lambda seconds: None)


def test_a_rotated_token_is_stored_before_the_new_one_is_used(vendor: Vendor) -> None:
    old = vendor.connect()
    assert tokens().renew(old.access_token, stats())
    new = Keep().load()
    assert new is not None and new.refresh_token != old.refresh_token and new.generation == 2
    assert TokenCopy.objects.get().generation == 2
    assert tokens().renew(new.access_token, stats()), "the rotated one works"


def test_without_rotation_the_old_refresh_token_stays(vendor: Vendor) -> None:
    old = vendor.connect()
    vendor.switch(rotate_refresh_tokens=False)
    assert tokens().renew(old.access_token, stats())
    new = Keep().load()
    assert new is not None and new.refresh_token == old.refresh_token and new.access_token != old.access_token


def test_what_somebody_else_renewed_is_taken(vendor: Vendor) -> None:
    old = vendor.connect()
    assert tokens().renew(old.access_token, stats())
    calls = vendor.calls("/oauth2/token")
    assert tokens().renew(old.access_token, stats())
    assert vendor.calls("/oauth2/token") == calls


def test_a_dead_connection_is_asked_once_and_then_told(vendor: Vendor) -> None:
    old = vendor.connect()
    vendor.human("disconnect")
    with pytest.raises(ReconnectNeeded, match="Connect again"):
        tokens().renew(old.access_token, stats())
    calls = vendor.calls("/oauth2/token")
    for _ in range(3):
        with pytest.raises(ReconnectNeeded):
            tokens().current(stats())
    assert vendor.calls("/oauth2/token") == calls
    stand = standing()
    assert stand.reconnect_needed and not stand.connected and stand.org_id == old.org_id
    vendor.connect()
    assert tokens().current(stats()).access_token


def test_a_mended_secret_is_worth_another_try(vendor: Vendor, settings: Settings) -> None:
    old = vendor.connect()
    right, settings.SALESFORCE_CLIENT_SECRET = settings.SALESFORCE_CLIENT_SECRET, "wrong"
    with pytest.raises(ReconnectNeeded, match="SALESFORCE_CLIENT_SECRET"):
        tokens().renew(old.access_token, stats())
    settings.SALESFORCE_CLIENT_SECRET = right
    assert tokens().renew(old.access_token, stats())
    assert standing().connected


@pytest.mark.parametrize("fault", ["drop", "html"])
def test_a_token_endpoint_that_fails_is_asked_again(vendor: Vendor, fault: str) -> None:
    old = vendor.connect()
    vendor.fault({"action": fault, "path": "oauth2/token", "commit": False, "times": 2})
    assert tokens().renew(old.access_token, stats())


def test_a_token_endpoint_that_is_down_is_no_reason_to_reconnect(vendor: Vendor) -> None:
    old = vendor.connect()
    vendor.fault({"action": "status", "path": "oauth2/token", "status": 503, "times": 0})
    with pytest.raises(Unreachable):
        tokens().renew(old.access_token, stats())
    vendor.fault()
    assert tokens().renew(old.access_token, stats())


def test_tokens_come_back_when_redis_has_lost_them(vendor: Vendor) -> None:
    old = vendor.connect()
    shared_redis().delete("salesforce:tokens:default")
    assert tokens().current(stats()).access_token == old.access_token
    assert TokenStore("salesforce").load() is not None


def test_redis_from_an_older_file_gets_the_newer_ones(vendor: Vendor) -> None:
    old = vendor.connect()
    assert tokens().renew(old.access_token, stats())
    newest = Keep().load()
    TokenStore("salesforce").save(old.as_dict())  # as a backup of Redis would bring it
    vendor.expire()
    assert tokens().renew(old.access_token, stats())
    stored = Keep().load()
    assert newest is not None and stored is not None and stored.generation >= newest.generation
    assert tokens().renew(stored.access_token, stats()), "the family was not revoked"


def test_killed_between_the_answer_and_redis_nothing_is_lost(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    old = vendor.connect()

    class Killed(BaseException):
        pass

    def dies(*args: object) -> bool:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(TokenStore, "exchange", dies)
        with pytest.raises(Killed):
            tokens().renew(old.access_token, stats())
    shared_redis().delete("salesforce:tokens:default:lock")  # its time is over
    vendor.expire()
    assert tokens().renew(old.access_token, stats())
    assert standing().connected


def test_an_unattended_login_asks_anew(vendor: Vendor, settings: Settings) -> None:
    settings.SALESFORCE_FLOW = "client_credentials"
    first = tokens().current(stats())
    assert not first.refresh_token
    vendor.expire()
    assert tokens().renew(first.access_token, stats())
    assert vendor.calls("/oauth2/token") == 2


def test_an_unattended_login_that_is_refused_is_not_tried_in_a_loop(vendor: Vendor, settings: Settings) -> None:
    settings.SALESFORCE_FLOW = "client_credentials"
    vendor.switch(run_as=False)
    with pytest.raises(NotAuthorized, match="Run As"):
        tokens().current(stats())
    with pytest.raises(NotAuthorized, match="tried again now and then"):
        tokens().current(stats())
    assert vendor.calls("/oauth2/token") == 1


def test_a_signed_assertion(vendor: Vendor, settings: Settings, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(private)
    vendor.app.org.set_credentials({"certificate": public.decode()})
    settings.SALESFORCE_FLOW, settings.SALESFORCE_JWT_KEY_FILE = "jwt", str(tmp_path / "key.pem")
    settings.SALESFORCE_JWT_USERNAME = vendor.app.org.credentials.username
    assert tokens().current(stats()).org_id == vendor.app.org.credentials.org_id
    settings.SALESFORCE_JWT_KEY_FILE = str(tmp_path / "none.pem")
    shared_redis().delete("salesforce:tokens:default")
    TokenCopy.objects.all().delete()
    with pytest.raises(NotAuthorized, match="SALESFORCE_JWT_KEY_FILE"):
        tokens().current(stats())


RENEW = textwrap.dedent(
    """
    import django, sys
    django.setup()
    from config.isolation.actor import acting_as
    from salesforce.http import shared_redis
    from salesforce.oauth import OAuthTokens, tokens
    from config.isolation.egress.retries import Stats
    tokens.YOUNG_S = 0
    refused = sys.stdin.read().strip()
    with acting_as("salesforce"):
        mine = OAuthTokens(shared_redis())
        assert mine.renew(refused, Stats())
        print(mine.current(Stats()).access_token)
    """
)


def test_twenty_processes_at_once_renew_once(vendor: Vendor) -> None:
    old = vendor.connect()
    vendor.expire()
    vendor.switch(latency=0.05)
    running = [start("-c", RENEW) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        outputs = list(pool.map(lambda process: process.communicate(old.access_token, timeout=120)[0], running))
    assert [process.returncode for process in running] == [0] * 20, outputs
    assert len(set(outputs)) == 1
    with vendor.app.lock:
        grants = vendor.app.oauth.grants
        assert (grants.rotations, grants.replays) == (1, 0)
    assert standing().connected


def test_redis_away_is_said(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor.connect()

    def gone(*args: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(TokenStore, "load", gone)
    with pytest.raises(Unreachable, match="Redis"):
        tokens().current(stats())


def test_a_login_that_answers_with_the_same_token_is_worth_another_call(
    vendor: Vendor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SALESFORCE_FLOW = "client_credentials"
    first = tokens().current(stats())
    same = replace(first, last_refreshed_at=time.time())
    monkeypatch.setattr(Endpoint, "unattended", lambda *_: same)
    assert tokens().renew(first.access_token, stats())
    assert tokens().current(stats()).access_token == first.access_token
