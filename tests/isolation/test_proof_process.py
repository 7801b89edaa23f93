"""`isolation prove` in processes: silent for a sound unit, and a broken allow list, hook or confinement is named."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from config.isolation.egress import guard, session
from config.isolation.manifest import BY_NAME, SCHEMAS, UNITS
from config.isolation.models import Proof
from config.isolation.proof import matrix, run, store
from config.isolation.proof.acts import Act, Result
from config.isolation.proof.database import acts as database_acts
from config.isolation.proof.process import children
from config.isolation.proof.process.child import Prisoner
from config.isolation.proof.process.traps import Trap, traps
from config.isolation.proof.redis import acts as redis_acts
from config.isolation.proof.run import Proved

# They change or look at the whole server: one after the other, whichever process they run in.
pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.usefixtures("server_wide")]

GHL = BY_NAME["ghl"]


@pytest.fixture
def trapped(settings: Settings) -> Iterator[tuple[Trap, Trap]]:
    with traps() as (own, foreign):
        settings.GHL_API_URL = own.url
        yield own, foreign


def surprises(trapped: tuple[Trap, Trap], part: str) -> set[str]:
    """What a unit that was put into this process could do, and should not have."""
    own, foreign = trapped
    prisoner = Prisoner(GHL, own.url, foreign.url, {"owner": [], "salesforce": []})
    return {result.act.what for result in getattr(prisoner, part)() if result.surprise}


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["ghl", "monitor"])
def test_a_unit_in_a_process_of_its_own_gets_nowhere(unit: str) -> None:
    found = children._try_as(BY_NAME[unit])
    assert [result for result in found if result.surprise] == []
    assert {result.act.fence for result in found} == {"http", "process"}
    assert sum(1 for result in found if not result.act.may) > 25


def test_in_a_sound_process_no_call_is_a_surprise(trapped: tuple[Trap, Trap]) -> None:
    for part in ("_permitted_calls", "_forbidden_calls", "_ways_round"):
        assert surprises(trapped, part) == set()
    assert trapped[0].reached and not trapped[1].reached


def test_a_broken_allow_list_is_caught(trapped: tuple[Trap, Trap], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_allows", lambda api, method, url: True)
    found = surprises(trapped, "_forbidden_calls")
    assert {"GET there", "POST there", "a path it may not call", "another port of the same host"} <= found
    assert trapped[1].reached, "somebody else's server saw it as well"


def test_a_broken_audit_hook_is_caught(trapped: tuple[Trap, Trap]) -> None:
    with guard.trusted("this test breaks the fence"):
        found = surprises(trapped, "_ways_round")
    assert found == {f"calling with {way} instead of the session" for way in ("requests", "urllib", "http.client", "a socket")}


def test_a_followed_redirect_is_caught(trapped: tuple[Trap, Trap], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(session.UnitSession, "get_redirect_target")  # then it is that of `requests`
    monkeypatch.delattr(session.UnitSession, "send")
    assert "a redirect to somebody else's server" in surprises(trapped, "_forbidden_calls")


def test_a_process_that_was_not_confined_is_caught(trapped: tuple[Trap, Trap]) -> None:
    """This one holds everything and may act as everybody."""
    assert {"acting as 'salesforce'", "having the owner's connection"} <= surprises(trapped, "_process")


def result(unit: str, place: str, fence: str = "database", *, worked: bool = False, may: bool = False) -> Result:
    return Result(Act(unit, fence, place, "write", may), worked)


def test_a_cell_is_a_word() -> None:
    found = matrix.matrix([
        result("ghl", "integrations", may=True, worked=True), result("ghl", "integrations"), result("ghl", "servicetitan"),
        result("ghl", "salesforce"), result("ghl", "beyond"), result("ghl", "ghl:*", "redis", may=True, worked=True),
        result("ghl", "GHL_API_URL", "http"), result("salesforce", "public", worked=True),
        result("salesforce", "salesforce", may=True),
    ])  # fmt: skip
    assert {column: cell.word for column, cell in found["ghl"].items()} == {
        "integrations": "own", "servicetitan": "reads", "salesforce": "closed", "beyond": "closed", "redis": "own",
        "http": "closed",
    }  # fmt: skip
    assert [cell.word for cell in found["salesforce"].values()] == ["SURPRISE", "SURPRISE"]
    assert (found["ghl"]["integrations"].worked, found["ghl"]["integrations"].refused) == (1, 1)


def prove(*arguments: str) -> tuple[int, str]:
    out, status = StringIO(), 0
    try:
        call_command("isolation", "prove", *arguments, stdout=out, stderr=StringIO())
    except SystemExit as end:
        status = int(end.code or 0)
    return status, out.getvalue()


@pytest.mark.slow
def test_the_command_tries_everything_and_keeps_the_measurement() -> None:
    status, said = prove("--json")
    found = json.loads(said)
    assert (status, found["ok"], found["surprises"]) == (0, True, [])
    assert found["acts"] > 10_000
    assert set(found["matrix"]) == {unit.name for unit in UNITS}
    assert all(set(cells) >= {*SCHEMAS, "beyond", "redis", "http", "process"} for cells in found["matrix"].values())
    kept = Proof.objects.get()
    assert (kept.acts, kept.surprises, kept.drift, kept.error) == (found["acts"], [], [], "")


@pytest.fixture
def one_surprise(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [result("ghl", "servicetitan", worked=True), *(result(unit.name, "public") for unit in UNITS)]
    monkeypatch.setattr(store, "prove", lambda say: Proved(broken, 0.1))


def test_a_surprise_is_told_and_the_exit_status_is_1(one_surprise: None) -> None:
    status, said = prove()
    assert status == 1
    assert "'ghl' could: write [servicetitan]" in said and "SURPRISE" in said
    assert json.loads(prove("--json")[1])["ok"] is False


def test_what_breaks_a_measurement_off_is_kept_and_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(say: Any) -> Proved:
        raise RuntimeError("no server")

    monkeypatch.setattr(store, "prove", broken)
    with pytest.raises(RuntimeError):
        prove()
    assert Proof.objects.get().error == "RuntimeError: no server"


def test_the_watch_does_what_was_asked_for_and_once_a_day_of_its_own(one_surprise: None) -> None:
    now = store.new("olga").asked_at
    asked = Proof.objects.create(asked_at=now, asked_by="olga")
    out = StringIO()
    call_command("isolation_watch", "--once", stdout=out)
    asked.refresh_from_db()
    assert asked.finished_at is not None and len(asked.surprises) == 1
    call_command("isolation_watch", "--once", stdout=out)
    assert Proof.objects.count() == 1, "measured today already"
    Proof.objects.update(asked_at=now - store.AGE)
    call_command("isolation_watch", "--once", stdout=out)
    assert Proof.objects.latest("id").asked_by == "once a day"


def test_parts_are_tried_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    for part in (database_acts, children, redis_acts):
        monkeypatch.setattr(part, "results", lambda *_: iter([result("ghl", "public")]))
    assert len(run.prove(said.append).results) == 3
    assert said == ["database roles ...", "Redis users ...", "processes and their HTTP calls ..."]
