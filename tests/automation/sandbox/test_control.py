"""What people see of it, and what outlives a restart."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from automation.sandbox import page
from automation.sandbox.app import Sandbox
from automation.sandbox.command import ACCOUNT as USUAL
from automation.sandbox.command import Snapshots, emulator
from config.sandbox.keeper import Keeper
from config.sandbox.origin import Origin
from config.sandbox.vendors import Start
from tests.automation.sandbox.conftest import ACCOUNT, ANN, SECRET, SENDER, START, Caller, Receiver
from tests.config.sandbox.wsgi import call

ORIGIN = Origin(seed=1, customers=10, activity=1.0, start=START.isoformat())


def test_a_page_for_people(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing yet" in caller.control("GET", "messages").body.decode()
    caller.send("<script>alert(1)</script>")
    caller.app.callbacks.write(ANN, SENDER, "STOP & thanks")
    reply = caller.control("GET", "messages")
    shown = reply.body.decode()
    assert reply.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "&lt;script&gt;alert(1)" in shown and "<script" not in shown and "STOP &amp; thanks" in shown
    assert shown.index("STOP &amp;") < shown.index("&lt;script") and "2 messages" in shown and f"from {ANN}" in shown
    monkeypatch.setattr(page, "MOST", 1)
    assert "The newest 1 are shown" in caller.control("GET", "messages").body.decode()


def test_only_for_this_machine(caller: Caller) -> None:
    for path in ("/sandbox/messages", "/sandbox/records/messages", "/sandbox/state"):
        assert call(caller.app, "GET", path, caller="192.0.2.1").status == 404
    assert call(caller.app, "POST", "/sandbox/write", body=b"{}", caller="192.0.2.1").status == 404


def test_the_records(caller: Caller) -> None:
    caller.send("one")
    caller.send("two", "+16025550002")
    assert [one["body"] for one in caller.control("GET", "records/messages").json] == ["two", "one"]
    assert [one["body"] for one in caller.control("GET", f"records/messages/{ANN}").json] == ["one"]
    assert caller.control("GET", "records/calls").status == 404


def started() -> Sandbox:
    login = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_API_SECRET": SECRET}
    built = emulator(Start(ORIGIN, "http://127.0.0.1:1", credentials=login))
    assert isinstance(built.app, Sandbox)
    return built.app


def test_a_restart_forgets_nothing(caller: Caller, receiver: Receiver, tmp_path: Path) -> None:
    caller.switch(trial_account=True)
    sent = caller.send("Grüße", StatusCallback=f"{receiver.url}/x/").json
    caller.app.callbacks.write("+16025550002", SENDER, "STOP")
    Keeper(tmp_path / "kept", ORIGIN, Snapshots(caller.app)).save()
    assert not (tmp_path / "kept").exists(), "nothing changed since it began to look"
    keeper = Keeper(tmp_path / "kept", ORIGIN, Snapshots(caller.app))
    caller.switch(sent_after=0.0, delivered_after=0.0)
    caller.app.callbacks.write("+16025550003", SENDER, "STOP")
    keeper.save()
    caller.app.callbacks.forget()

    again = Caller(started())
    again.app.callbacks.opening = caller.app.callbacks.opening
    Keeper(tmp_path / "kept", ORIGIN, Snapshots(again.app)).load()
    state = again.control("GET", "state").json
    assert state["opted_out"] == ["+16025550002", "+16025550003"] and state["messages"] == 3
    while again.app.callbacks.waiting():
        again.app.closing.wait(0.01)
    assert receiver.states[-1] == "delivered", "what was on its way goes on"
    assert again("GET", sent["uri"]).json["status"] == "delivered"
    assert again.send("Grüße").json["sid"] not in caller.app.store.messages
    assert again.control("GET", "state").json["repeats"] == {f"{ANN} Grüße": 2}, "the same words, whatever came before them"
    again.app.closing.set()


def test_how_the_hub_reaches_it(settings: Settings) -> None:
    settings.HUB_PUBLIC_URL = "http://127.0.0.1:8123"
    built = emulator(Start(ORIGIN, "http://127.0.0.1:8904"))
    assert (built.settings["TWILIO_API_URL"], built.settings["TWILIO_ACCOUNT_SID"]) == ("http://127.0.0.1:8904", USUAL)
    assert isinstance(built.app, Sandbox)
    assert built.app.store.inbound_url == "http://127.0.0.1:8123/webhooks/twilio/inbound/"
    settings.HUB_PUBLIC_URL = "https://hub.example.com"
    assert started().store.inbound_url == "", "it calls this machine alone"
