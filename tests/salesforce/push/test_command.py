"""`manage.py sync_salesforce`, `salesforce_check` and `salesforce_connect`, as people and machines call them."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.models import SwitchChange
from salesforce.models import FieldMapping
from salesforce.sandbox import Credentials, Org, create_app, running
from tests.mirror import customer, load, people, wait_for_changes
from tests.salesforce.emulated import QUIET, Vendor, contact

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
Command = Callable[..., str]


@pytest.fixture
def command(vendor: Vendor, transactional_db: None) -> Command:
    def run(name: str, *arguments: str) -> str:
        wait_for_changes()
        out, err = StringIO(), StringIO()
        call_command(name, *arguments, stdout=out, stderr=err)
        return out.getvalue() + err.getvalue()

    return run


def sync(command: Command, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command("sync_salesforce", "--json", *arguments))
    return found


def test_for_people(command: Command) -> None:
    people(3)
    said = command("sync_salesforce")
    assert "contacts: 3 to look at" in said and "succeeded: 3 created; 3 calls" in said
    assert "idle: nothing to do" in command("sync_salesforce")


def test_for_machines(command: Command) -> None:
    people(3)
    told = sync(command)
    assert (told["ok"], told["state"], told["created"], told["api_calls"]) == (True, "succeeded", 3, 3)
    assert told["seconds"] > 0 and told["run"] is not None


def test_chosen_ones(command: Command, vendor: Vendor) -> None:
    people(3)
    assert sync(command, "--ids=2,3")["created"] == 2
    assert set(vendor.records()) == {2, 3}


def test_since_looks_again_at_what_the_mirror_got(command: Command, vendor: Vendor) -> None:
    people(2)
    sync(command)
    FieldMapping.objects.create(sobject="Contact", source="street", target="OtherStreet")
    assert sync(command)["state"] == "idle"
    assert sync(command, "--since=2020-01-01")["updated"] == 2


def test_full_looks_at_everything(command: Command) -> None:
    people(2)
    sync(command)
    told = sync(command, "--full")
    assert (told["unchanged"], told["api_calls"]) == (2, 0)


def test_dry_run(command: Command, vendor: Vendor) -> None:
    people(2)
    told = sync(command, "--dry-run")
    assert (told["state"], told["created"]) == ("dry run", 2) and told["would"][0]["customer"] == 1
    assert "would object Contact, customer 1" in command("sync_salesforce", "--dry-run")
    assert not vendor.records()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--ids=1,x"], "write numbers"),
        (["--ids=99"], "Not in the mirror as customers: 99"),
        (["--ids=1", "--full"], "leave out --full"),
        (["--since=soon"], "is no date"),
    ],
)
def test_bad_input_changes_nothing(command: Command, vendor: Vendor, arguments: list[str], said: str) -> None:
    people(1)
    with pytest.raises(CommandError, match=said):
        command("sync_salesforce", *arguments)
    assert not vendor.records()


def test_switched_off_says_by_whom(command: Command, settings: Settings) -> None:
    settings.SALESFORCE_SYNC_ENABLED = False
    with pytest.raises(CommandError, match="SALESFORCE_SYNC_ENABLED is false"):
        command("sync_salesforce")


def test_held_loses_nobody(command: Command, vendor: Vendor) -> None:
    people(2)
    with acting_as("backoffice"):
        switches.turn(SwitchChange(switch="salesforce", mode="hold", who="ann", why="audit"))
    with pytest.raises(CommandError, match="audit"):
        command("sync_salesforce")
    with acting_as("backoffice"):
        switches.turn(SwitchChange(switch="salesforce", mode="run", who="ann", why="over"))
    assert sync(command)["created"] == 2


def test_a_switch_at_dry_run_makes_the_run_one(command: Command, vendor: Vendor) -> None:
    people(2)
    with acting_as("backoffice"):
        switches.turn(SwitchChange(switch="salesforce", mode="dry-run", who="ann", why="trial"))
    assert sync(command)["state"] == "dry run" and not vendor.records()


def test_nothing_set(command: Command, settings: Settings) -> None:
    settings.SALESFORCE_CLIENT_ID = ""
    with pytest.raises(CommandError, match="SALESFORCE_CLIENT_ID"):
        command("sync_salesforce")


def test_a_failed_run_has_an_exit_status(command: Command, vendor: Vendor) -> None:
    vendor.human("hide_field", sobject="Contact", name="ServiceTitan_Customer_ID__c")
    people(1)
    with pytest.raises(SystemExit) as ended:
        command("sync_salesforce")
    assert ended.value.code == 1


def test_the_check_of_a_good_org(command: Command, vendor: Vendor) -> None:
    told = json.loads(command("salesforce_check", "--json"))
    assert told["ok"] and {finding["level"] for finding in told["findings"]} == {"ok"}


@pytest.mark.parametrize(
    ("switch", "human", "said"),
    [
        ({}, ("hide_field", {"sobject": "Contact", "name": "ServiceTitan_Customer_ID__c"}), "Field-Level Security"),
        ({}, ("remove_field", {"sobject": "Contact", "name": "ServiceTitan_Customer_ID__c"}), "tick Unique and External ID"),
        ({"required_fields": ("Contact.Department",)}, None, "The org requires Contact.Department"),
        ({"read_only_fields": ("Contact.ServiceTitan_Customer_ID__c",)}, None, "may not edit"),
    ],
)
def test_the_check_says_what_to_click(
    vendor: Vendor, transactional_db: None, switch: dict[str, Any], human: Any, said: str
) -> None:
    vendor.switch(**switch)
    if human:
        vendor.human(human[0], **human[1])
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("salesforce_check", stdout=out)
    assert said in out.getvalue() and "\nbad " in "\n" + out.getvalue()


@pytest.mark.parametrize(("rule", "level"), [("alert", "warning"), ("off", None)])
def test_the_check_names_duplicate_rules(command: Command, vendor: Vendor, rule: str, level: str | None) -> None:
    vendor.switch(duplicate_rule=rule)
    told = json.loads(command("salesforce_check", "--json"))
    assert [f["level"] for f in told["findings"] if "duplicate rule" in f["what"].lower()] == ([level] if level else [])


@pytest.mark.parametrize("accounts", ["none", "customer"])
def test_a_new_org_gets_its_field(command: Command, settings: Settings, accounts: str) -> None:
    settings.SALESFORCE_ACCOUNTS = accounts
    app = create_app(Org(seed=9, key_objects=(), credentials=Credentials(org_id="00D000000000NEWAAA")))
    app.switches = app.switches.changed(QUIET)
    with running(app) as address:
        settings.SALESFORCE_LOGIN_URL = settings.SALESFORCE_INSTANCE_URL = address
        assert json.loads(command("salesforce_check", "--create-field", "--json"))["ok"]
        assert json.loads(command("salesforce_check", "--create-field", "--json"))["ok"], "a second time changes nothing"
        people(2)
        assert sync(command)["created"] == (4 if accounts == "customer" else 2)


def test_a_user_who_may_make_no_field_is_told(command: Command, vendor: Vendor) -> None:
    vendor.switch(customize_application=False)
    with pytest.raises(CommandError, match="Customize Application"):
        command("salesforce_check", "--create-field")


def test_how_the_connection_stands(command: Command) -> None:
    load("customers", customer(1))
    sync(command)
    assert json.loads(command("salesforce_connect", "--json"))["connected"]
    assert "revoked" in command("salesforce_connect", "--disconnect")
    with pytest.raises(SystemExit):
        command("salesforce_connect")
    assert contact(1).sf_id
