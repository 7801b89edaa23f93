"""Refreshing, revoking, sessions, and the flows without a browser (contract sections 1.4 to 1.7)."""

import base64
import json
import threading
import time
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from salesforce.sandbox.oauth.server import JWT
from tests.salesforce.sandbox.app_client import AppClient, no
from tests.salesforce.sandbox.caller import Caller, error

DEAD = (400, "invalid_grant", "expired access/refresh token")


@pytest.fixture
def app_client(caller: Caller) -> AppClient:
    return AppClient(caller)


def test_each_refresh_gives_a_new_refresh_token(app_client: AppClient, caller: Caller) -> None:
    first = app_client.connect()
    second = app_client.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert app_client.works(second["access_token"]) and app_client.works(first["access_token"])
    third = app_client.refresh(second["refresh_token"]).json()
    assert app_client.works(third["access_token"])
    assert caller.state["grants"]["rotations"] == 2


def test_a_rotated_token_used_again_kills_the_family(app_client: AppClient, caller: Caller) -> None:
    first = app_client.connect()
    second = app_client.refresh(first["refresh_token"]).json()
    assert no(app_client.refresh(first["refresh_token"])) == DEAD
    assert no(app_client.refresh(second["refresh_token"])) == DEAD
    assert not app_client.works(second["access_token"])
    assert (caller.state["grants"]["replays"], caller.state["grants"]["approvals"]) == (1, 0)


def test_a_rotated_token_used_again_is_merely_refused(app_client: AppClient, caller: Caller) -> None:
    caller.switch(replay="refuse")
    first = app_client.connect()
    second = app_client.refresh(first["refresh_token"]).json()
    assert no(app_client.refresh(first["refresh_token"])) == DEAD
    assert app_client.refresh(second["refresh_token"]).status_code == 200


def test_without_rotation_the_answer_has_no_refresh_token(app_client: AppClient, caller: Caller) -> None:
    caller.switch(rotate_refresh_tokens=False)
    first = app_client.connect()
    for _ in range(2):
        answer = app_client.refresh(first["refresh_token"]).json()
        assert "refresh_token" not in answer and app_client.works(answer["access_token"])


def test_a_refresh_answer_lost_on_the_way_loses_the_connection(app_client: AppClient, caller: Caller) -> None:
    first = app_client.connect()
    caller.fault("silence", "oauth2/token", seconds=0)
    with pytest.raises(requests.ConnectionError):
        app_client.refresh(first["refresh_token"])
    assert caller.state["grants"]["rotations"] == 1
    assert no(app_client.refresh(first["refresh_token"])) == DEAD


def test_of_many_who_refresh_at_once_one_wins(app_client: AppClient, caller: Caller) -> None:
    caller.switch(replay="refuse")
    token, statuses = app_client.connect()["refresh_token"], []

    def refresh() -> None:
        statuses.append(app_client.refresh(token).status_code)

    threads = [threading.Thread(target=copy_context().run, args=(refresh,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [400] * 9


def test_a_scope_is_not_for_the_token_endpoint(app_client: AppClient, caller: Caller) -> None:
    token = app_client.connect()["refresh_token"]
    wanted = (400, "invalid_request", "scope parameter not supported")
    assert no(app_client.refresh(token, scope="api")) == wanted
    caller.switch(refresh_scope="ignore")
    assert app_client.refresh(token, scope="api").status_code == 200


def test_thirty_idle_days(app_client: AppClient, caller: Caller) -> None:
    token = app_client.connect()["refresh_token"]
    caller.advance(hours=29 * 24)
    token = app_client.refresh(token).json()["refresh_token"]
    caller.advance(hours=29 * 24)
    token = app_client.refresh(token).json()["refresh_token"]
    caller.advance(hours=30 * 24 + 1)
    assert no(app_client.refresh(token)) == DEAD
    caller.switch(refresh_idle_days=0)
    token = app_client.connect()["refresh_token"]
    caller.advance(hours=365 * 24)
    assert app_client.refresh(token).status_code == 200


def test_the_sixth_approval_kills_the_oldest(app_client: AppClient, caller: Caller) -> None:
    first, second, *_ = [app_client.connect() for _ in range(6)]
    assert no(app_client.refresh(first["refresh_token"])) == DEAD
    assert not app_client.works(first["access_token"])
    assert app_client.refresh(second["refresh_token"]).status_code == 200
    assert caller.state["grants"]["pushedOut"] == 1
    caller.switch(approvals=1)
    app_client.connect()
    assert caller.state["grants"]["approvals"] == 1


def test_rubbish_as_a_refresh_token(app_client: AppClient) -> None:
    assert no(app_client.refresh("rubbish")) == DEAD


def revoke(caller: Caller, token: str) -> requests.Response:
    return caller.raw("POST", "/services/oauth2/revoke", data={"token": token})


def test_revoking_a_refresh_token_takes_its_access_tokens_with_it(app_client: AppClient, caller: Caller) -> None:
    answer, other = app_client.connect(), app_client.connect()
    assert revoke(caller, answer["refresh_token"]).status_code == 200
    assert not app_client.works(answer["access_token"])
    assert no(app_client.refresh(answer["refresh_token"])) == DEAD
    assert app_client.works(other["access_token"])


def test_revoking_an_access_token_takes_only_itself(app_client: AppClient, caller: Caller) -> None:
    answer = app_client.connect()
    assert revoke(caller, answer["access_token"]).status_code == 200
    assert not app_client.works(answer["access_token"])
    assert app_client.refresh(answer["refresh_token"]).status_code == 200


def test_revoking_what_is_not_known(caller: Caller) -> None:
    assert no(revoke(caller, "rubbish"))[:2] == (400, "unsupported_token_type")
    caller.switch(revoke_unknown="invalid_token")
    assert no(revoke(caller, "rubbish"))[1] == "invalid_token"


def test_a_session_ends_by_the_clock(app_client: AppClient, caller: Caller) -> None:
    token = app_client.connect()["access_token"]
    caller.advance(hours=1.5)
    assert app_client.works(token)
    caller.advance(hours=0.6)
    assert error(caller("GET", "/limits")) == (401, "INVALID_SESSION_ID", "Session expired or invalid")
    caller.switch(session_slides=True, session_seconds=100)
    token = app_client.connect()["access_token"]
    for _ in range(3):
        caller.advance(seconds=90)
        assert app_client.works(token)


def test_a_session_dies_in_the_middle_of_the_work(app_client: AppClient, caller: Caller) -> None:
    token = app_client.connect()["access_token"]
    caller.switch(session_dies_after_calls=2)
    assert [app_client.works(token) for _ in range(4)] == [True, True, False, False]


def test_who_am_i(app_client: AppClient, caller: Caller) -> None:
    answer, who = app_client.connect(), caller.app.org.credentials
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    info = caller.raw("GET", "/services/oauth2/userinfo", headers=headers).json()
    assert (info["organization_id"], info["user_id"], info["sub"]) == (who.org_id, who.user_id, answer["id"])
    identity = caller.raw("GET", answer["id"].removeprefix(caller.url), headers=headers).json()
    assert (identity["username"], identity["active"]) == (who.username, True)
    assert identity["urls"]["rest"] == f"{caller.url}/services/data/v{{version}}/"
    wrong = caller.raw("GET", f"/id/{who.user_id}/{who.user_id}", headers=headers)
    assert (wrong.status_code, wrong.text) == (403, "Wrong_Org")


def test_who_am_i_with_a_dead_token(caller: Caller) -> None:
    headers = {"Authorization": "Bearer rubbish"}
    reply = caller.raw("GET", "/services/oauth2/userinfo", headers=headers)
    assert (reply.status_code, reply.text) == (403, "Bad_OAuth_Token")
    assert caller.raw("GET", "/services/oauth2/userinfo").text == "Missing_OAuth_Token"
    caller.switch(identity_refusal_status=401)
    assert caller.raw("GET", "/services/oauth2/userinfo", headers=headers).status_code == 401


def test_introspection(app_client: AppClient, caller: Caller) -> None:
    answer = app_client.connect()

    def look(token: str, **form: Any) -> Any:
        fields = {"token": token, "client_id": app_client.id, "client_secret": app_client.secret}
        return caller.raw("POST", "/services/oauth2/introspect", data=fields | form).json()

    seen = look(answer["access_token"])
    assert (seen["active"], seen["scope"], seen["exp"] - seen["iat"]) == (True, "api refresh_token", 7200)
    assert look(answer["refresh_token"])["token_type"] == "refresh_token"
    caller.advance(hours=3)
    assert look(answer["access_token"]) == {"active": False}
    assert look(answer["access_token"], client_secret="x")["error"] == "invalid_client"


def test_client_credentials(app_client: AppClient, caller: Caller) -> None:
    answer = app_client.token("client_credentials").json()
    assert "refresh_token" not in answer and app_client.works(answer["access_token"])
    basic = {"auth": (app_client.id, app_client.secret), "data": {"grant_type": "client_credentials"}}
    assert caller.raw("POST", "/services/oauth2/token", **basic).status_code == 200
    assert no(app_client.token("client_credentials", client_secret=None))[1] == "invalid_client"
    caller.switch(run_as=False)
    wanted = (400, "invalid_grant", "no client credentials user enabled")
    assert no(app_client.token("client_credentials")) == wanted
    caller.switch(host="login")
    assert no(app_client.token("client_credentials"))[2] == "request not supported on this domain"


# JWT bearer


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def certificate(key: RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return made.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def assertion(caller: Caller, key: RSAPrivateKey, alg: str = "RS256", **claims: Any) -> str:
    who = caller.app.org.credentials
    usual = {"iss": who.client_id, "sub": who.username, "aud": "https://login.salesforce.com", "exp": int(time.time()) + 180}
    parts = ({"alg": alg}, usual | claims)
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    signature = key.sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def ask(caller: Caller, assertion: str) -> requests.Response:
    return caller.raw("POST", "/services/oauth2/token", data={"grant_type": JWT, "assertion": assertion})


def test_a_signed_assertion(app_client: AppClient, caller: Caller, key: RSAPrivateKey) -> None:
    assert no(ask(caller, assertion(caller, key))) == (400, "invalid_grant", "invalid assertion")  # nothing is uploaded yet
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for pem in (certificate(key), public):
        assert caller.control("PUT", "app", {"certificate": pem}).status_code == 200
        answer = ask(caller, assertion(caller, key)).json()
        assert "refresh_token" not in answer and app_client.works(answer["access_token"])
    assert ask(caller, assertion(caller, key, aud=caller.url + "/")).status_code == 200
    assert ask(caller, assertion(caller, key, exp=str(int(time.time()) + 60))).status_code == 200  # simple-salesforce writes text


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"aud": "https://example.com"}, "Audience validation failed"),
        ({"exp": 1}, "expired authorization code"),
        ({"exp": None}, "expired authorization code"),
        ({"sub": "nobody"}, "user hasn't approved this consumer"),
        ({"iss": "nobody"}, "invalid assertion"),
        ({"alg": "none"}, "invalid assertion"),
    ],
)
def test_assertions_that_are_refused(caller: Caller, key: RSAPrivateKey, claims: dict[str, Any], description: str) -> None:
    caller.control("PUT", "app", {"certificate": certificate(key)})
    assert no(ask(caller, assertion(caller, key, **claims))) == (400, "invalid_grant", description)


def test_an_assertion_signed_by_another(caller: Caller, key: RSAPrivateKey) -> None:
    caller.control("PUT", "app", {"certificate": certificate(key)})
    other = generate_private_key(65537, 2048)
    assert no(ask(caller, assertion(caller, other)))[2] == "invalid assertion"
    assert no(ask(caller, "a.b"))[2] == "invalid assertion"
    caller.switch(jwt_preauthorised=False)
    assert no(ask(caller, assertion(caller, key)))[2] == "user hasn't approved this consumer"
    caller.switch(jwt_preauthorised=True, jwt_audiences=["https://other.example"])
    assert no(ask(caller, assertion(caller, key)))[2] == "Audience validation failed"
    assert caller.control("PUT", "app", {"certificate": "rubbish"}).status_code == 400
