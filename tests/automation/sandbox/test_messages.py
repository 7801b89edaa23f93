"""The calls of the emulated Messages resource."""

from typing import Any

import pytest

from tests.automation.sandbox.conftest import ACCOUNT, ANN, SECRET, SENDER, Caller

BOB = "+16025550002"


def test_one_is_made_and_read_again(caller: Caller) -> None:
    made = caller.send("Grüße 🎉")
    assert made.status == 201
    one = made.json
    assert (one["to"], one["from"], one["body"], one["status"], one["direction"]) == (
        ANN, SENDER, "Grüße 🎉", "queued", "outbound-api",
    )  # fmt: skip
    assert one["sid"].startswith("SM") and len(one["sid"]) == 34 and one["date_created"] == "Tue, 24 Nov 2026 19:00:00 +0000"
    assert one["date_sent"] is None
    assert caller("GET", one["uri"]).json == one
    assert caller("GET", one["uri"].replace("SM", "SX")).status == 404


@pytest.mark.parametrize(
    ("name", "secret", "status"),
    [(ACCOUNT, SECRET, 201), ("SK" + "1" * 32, SECRET, 201), (ACCOUNT, "wrong", 401), ("AC" + "2" * 32, SECRET, 401)],
)
def test_who_may(caller: Caller, name: str, secret: str, status: int) -> None:
    caller.name, caller.secret = name, secret
    reply = caller.send()
    assert reply.status == status and (status == 201 or reply.json["code"] == 20003)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": ""}, 21604), ({"From": ""}, 21603), ({"Body": ""}, 21602), ({"From": "me"}, 21212), ({"To": "602"}, 21211),
        ({"Body": "x" * 1601}, 21617), ({"To": "+16025550199"}, 21614), ({"To": BOB}, 21610),
    ],
)  # fmt: skip
def test_what_is_refused(caller: Caller, form: dict[str, str], code: int) -> None:
    caller.app.callbacks.write(BOB, SENDER, " Stop ")
    reply = caller("POST", form={"To": ANN, "From": SENDER, "Body": "Hi", **form})
    assert (reply.status, reply.json["code"], reply.json["status"]) == (400, code, 400)
    assert str(code) in reply.json["more_info"] and caller.control("GET", "state").json["messages"] == 1


def test_who_starts_again_gets_messages_again(caller: Caller) -> None:
    caller.app.callbacks.write(BOB, SENDER, "STOP")
    caller.app.callbacks.write(BOB, SENDER, "please start")
    assert caller.send(to=BOB).status == 400
    caller.app.callbacks.write(BOB, SENDER, "Unstop")
    assert caller.send(to=BOB).status == 201


def test_other_paths_and_methods(caller: Caller) -> None:
    assert caller("GET", "/2010-04-01/Accounts.json").status == 404
    assert caller("DELETE").status == 405
    assert caller("POST", f"/2010-04-01/Accounts/{'AC' + '9' * 32}/Messages.json").status == 401


def test_the_list_and_its_pages(caller: Caller) -> None:
    for number in range(5):
        caller.send(f"number {number}")
    caller.send(to=BOB)
    found, page = [], caller("GET", To=ANN, PageSize="2")
    while True:
        found += [one["body"] for one in page.json["messages"]]
        following = page.json["next_page_uri"]
        if following is None:
            break
        page = caller("GET", following)
    assert found == [f"number {number}" for number in (4, 3, 2, 1, 0)], "the newest first, each once"
    assert len(caller("GET").json["messages"]) == 6 and caller("GET", From=BOB).json["messages"] == []
    wrong: list[dict[str, Any]] = [{"PageSize": "many"}, {"DateSent_since": "yesterday"}]
    assert [caller("GET", **query).status for query in wrong] == [400, 400]


def test_a_day_finds_what_was_sent_on_it_and_nothing_queued(caller: Caller) -> None:
    caller.send()
    assert caller("GET", DateSent_since="2026-11-24").json["messages"] == [], "it is queued"
    caller.advance(10)
    days = {"2026-11-23": (1, 0, 0), "2026-11-24": (1, 1, 1), "2026-11-25": (0, 1, 0)}
    for day, counts in days.items():
        replies = (caller("GET", DateSent_since=day), caller("GET", DateSent_until=day), caller("GET", DateSent=day))
        assert tuple(len(reply.json["messages"]) for reply in replies) == counts, day


def test_what_the_account_makes_of_a_text_is_no_other_text(caller: Caller) -> None:
    caller.switch(trial_account=True, smart_encoding=True)
    made = [caller.send("\u201cHi\u201d \u2013 you\u2026").json["body"] for _ in range(2)]
    assert made == ['Sent from your Twilio trial account - "Hi" - you...'] * 2
    assert caller.control("GET", "state").json["repeats"] == {f"{ANN} \u201cHi\u201d \u2013 you\u2026": 2}


def test_what_somebody_got_twice_is_counted(caller: Caller) -> None:
    for to, body in ((ANN, "Hi"), (BOB, "Hi"), (ANN, "Hello"), (ANN, "Hi")):
        caller.send(body, to)
    caller.app.callbacks.write(ANN, SENDER, "Hi")
    assert caller.control("GET", "state").json["repeats"] == {f"{ANN} Hi": 2}


def test_too_many_at_once(caller: Caller) -> None:
    caller.switch(per_second=2, retry_after=True)
    replies = [caller.send(str(number)) for number in range(4)]
    assert [reply.status for reply in replies[:2]] == [201, 201] and replies[3].status == 429
    assert replies[3].json["code"] == 20429 and replies[3].headers["Retry-After"] == "1"


def test_the_list_lags(caller: Caller) -> None:
    caller.switch(list_lag=30)
    caller.send()
    assert caller("GET").json["messages"] == []
    caller.advance(30)
    assert len(caller("GET").json["messages"]) == 1


@pytest.mark.parametrize(("action", "commit", "made"), [("throttle", None, 0), ("unauthorized", True, 1), ("html", None, 0)])
def test_faults_in_the_vendors_words(caller: Caller, action: str, commit: bool | None, made: int) -> None:
    rule = {"action": action, "status": 502, "retry_after": "seconds", "seconds": 3}
    caller.control("PUT", "faults", [rule if commit is None else rule | {"commit": commit}])
    reply = caller.send()
    assert reply.status == {"throttle": 429, "unauthorized": 401, "html": 502}[action]
    assert action != "throttle" or (reply.headers["Retry-After"], reply.json["code"]) == ("3", 20429)
    assert caller.control("GET", "state").json["messages"] == made
