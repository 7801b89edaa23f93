"""What a definition may say, what is wrong with one in words, and its versions."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from automation.workflows import stored
from automation.workflows.definitions import BadDefinition, read
from automation.workflows.models import Version, Workflow
from tests.automation.workflows.conftest import Desk, sms, wait

GOOD: dict[str, Any] = {
    "name": "test", "title": "Test", "trigger": {"event": "estimate.created"}, "steps": [wait("2d"), sms("hello")],
}  # fmt: skip


def test_a_branch_becomes_jumps() -> None:
    branch = {"do": "branch", "if": {"all": []}, "then": [sms("yes")], "else": [sms("no"), wait("1h")]}
    program = read({**GOOD, "steps": [branch, sms("end")]}).program
    assert [(op.kind, op.name, op.to) for op in program] == [
        ("branch", "1", 3), ("send", "1.then.1", 0), ("jump", "1", 5), ("send", "1.else.1", 0), ("wait", "1.else.2", 0),
        ("send", "2", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Not A Slug"}, "name: write small letters"),
        ({"title": " "}, "title: write a text"),
        ({"trigger": {"event": "nothing"}}, "trigger.event"),
        ({"trigger": {"event": "invoice.overdue"}}, "takes 'days'"),
        ({"trigger": {"event": "estimate.sold", "days": 3}}, "takes no 'days'"),
        ({"entry": {"all": [{"field": "invoice.total", "op": "is", "value": 1}]}}, "entry.all"),
        ({"goal": {"some": []}}, "goal: write"),
        ({"reentry": "never"}, "reentry"),
        ({"priority": 101}, "priority: write a whole number"),
        ({"priority": True}, "priority: write a whole number"),
        ({"more": 1}, "there is no more"),
        ({"steps": []}, "steps: write a list"),
        ({"steps": [wait("1d")]}, "nothing is ever sent"),
        ({"steps": [wait("soon"), sms("x")]}, r"steps\[1\].for: write a span"),
        ({"steps": [{"do": "dance"}]}, r"steps\[1\]: 'do' is one of"),
        ({"steps": [{"do": "wait until", "clock": "25:00"}, sms("x")]}, "time of day"),
        ({"steps": [{"do": "wait for event", "event": "x", "at_most": "1d"}]}, "is none of"),
        ({"steps": [{"do": "split", "control_percent": 100}, sms("x")]}, "from 1 to 99"),
        ({"steps": [{"do": "send sms", "template": "x", "to": "me"}]}, "there is no to"),
        ({"steps": [{"do": "branch", "if": {"all": []}, "then": []}]}, r"steps\[1\].then"),
        ({"steps": [sms("x")] * 201}, "at most 200"),
    ],
)
def test_what_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadDefinition, match=said):
        read({**GOOD, **change})


@pytest.mark.parametrize("junk", [None, 1, "x", [], {"steps": 1}])
def test_junk_is_refused_in_words(junk: Any) -> None:
    with pytest.raises(BadDefinition):
        read(junk)


def test_the_ready_made_ones_are_good_and_all_different() -> None:
    names = [read(content).name for content in stored.ready()]
    assert len(set(names)) == len(names) == 8


@pytest.mark.django_db(transaction=True, databases="__all__")
class TestStored:
    def test_a_change_is_a_version_and_the_same_is_none(self, desk: Desk) -> None:
        for content in (GOOD, GOOD, {**GOOD, "priority": 10}):
            stored.store(content, "ann", desk.now)
        assert list(Version.objects.order_by("number").values_list("number", "content__priority")) == [(1, None), (2, 10)]
        assert not Workflow.objects.get().enabled

    def test_a_bad_one_changes_nothing(self, desk: Desk) -> None:
        with pytest.raises(BadDefinition):
            stored.store({**GOOD, "steps": []}, "ann", desk.now)
        assert not Workflow.objects.exists()

    def test_in_and_out_by_command(self, desk: Desk, tmp_path: Path) -> None:
        def command(*arguments: str) -> str:
            out = StringIO()
            call_command("run_workflows", *arguments, stdout=out)
            return out.getvalue()

        assert command("--ready").count(": off") == 8
        file = tmp_path / "mine.json"
        file.write_text(json.dumps(GOOD))
        assert command(f"--import={file}") == "test, version 1: off\n"
        assert json.loads(command("--export=test")) == GOOD
        assert command("--enable=test") == "test is on.\n"
        listed = {row["name"]: row["enabled"] for row in json.loads(command("--list", "--json"))}
        assert len(listed) == 9 and listed["test"] is True and listed["win-back"] is False
        assert "inside" in command("--list")
        with pytest.raises(CommandError, match="There is no workflow 'nothing'"):
            command("--enable=nothing")
        file.write_text("{")
        with pytest.raises(CommandError, match="cannot be read as JSON"):
            command(f"--import={file}")
        file.write_text(json.dumps({**GOOD, "steps": []}))
        with pytest.raises(CommandError, match="test: steps: write a list"):
            command(f"--import={file}")

    def test_a_version_from_a_newer_hub_makes_nobody_enter(self, desk: Desk) -> None:
        one = stored.store(GOOD, "ann", timezone.now(), enabled=True)
        Version.objects.using("owner").filter(pk=one.version.pk).update(content={"from": "the future"})
        assert stored.current() == []
