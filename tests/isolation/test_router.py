"""Fence 2: the router sends a unit to its own connection, and explains a refused write."""

import threading

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, models, router
from django.utils import timezone
from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction

from config.isolation.actor import acting_as, acting_unit
from config.isolation.errors import IsolationViolation, UnknownUnit
from config.isolation.manifest import BY_NAME, OWNER_ALIAS, UNITS, Unit
from config.isolation.names import qualified
from servicetitan.models import Customer, SyncLog
from tests.isolation.conftest import OWNERS, probe_table


def probe_model(unit: Unit) -> type[models.Model]:
    """A model bound to the unit's probe table, as the unit's own app would have it."""
    table = qualified(str(unit.schema), probe_table(unit))
    meta = type("Meta", (), {"managed": False, "app_label": "isolation", "db_table": table})
    fields = {"note": models.TextField(), "Meta": meta, "__module__": __name__}
    return type(f"Probe{unit.name}", (models.Model,), fields)


MODELS = {unit.name: probe_model(unit) for unit in OWNERS}
PAIRS = [pytest.param(a, o, id=f"{a.name}->{o.name}") for a in UNITS for o in OWNERS if a != o]
everywhere = pytest.mark.django_db(transaction=True, databases="__all__")


@everywhere
@pytest.mark.parametrize(("actor", "owner"), PAIRS)
def test_foreign_orm_writes_are_refused(probes: None, actor: Unit, owner: Unit) -> None:
    objects = MODELS[owner.name]._default_manager
    with acting_as(actor.name):
        for write in (
            lambda: objects.create(note="x"),
            lambda: objects.bulk_create([MODELS[owner.name](note="x")]),
            lambda: objects.filter(note="x").update(note="y"),
            lambda: objects.filter(note="x").delete(),
            lambda: MODELS[owner.name](id=1, note="x").save(),
        ):
            with pytest.raises(IsolationViolation):
                write()


@everywhere
@pytest.mark.parametrize(("actor", "owner"), PAIRS)
def test_using_passes_the_router_and_meets_the_role(probes: None, actor: Unit, owner: Unit) -> None:
    with pytest.raises(DatabaseError) as refused, acting_as(actor.name):
        MODELS[owner.name]._default_manager.using(actor.alias).create(note="x")
    assert isinstance(refused.value.__cause__, InsufficientPrivilege | ReadOnlySqlTransaction)


@everywhere
@pytest.mark.parametrize("owner", OWNERS, ids=lambda unit: unit.name)
def test_own_orm_writes_work(probes: None, owner: Unit) -> None:
    objects = MODELS[owner.name]._default_manager
    with acting_as(owner.name):
        made = objects.create(note="x")
        assert made._state.db == owner.alias
        assert objects.filter(note="x").update(note="y") == 1
        assert objects.filter(pk=made.pk).delete()[0] == 1


@everywhere
def test_the_mirror_is_read_only_for_all_but_the_sync() -> None:
    now = timezone.now()
    for unit in UNITS:
        with acting_as(unit.name):
            if unit.name == "servicetitan":
                Customer.objects.create(id=7, raw={}, first_seen_at=now, synced_at=now)
            else:
                with pytest.raises(IsolationViolation):
                    Customer.objects.create(id=8, raw={}, first_seen_at=now, synced_at=now)
    assert list(Customer.objects.values_list("id", flat=True)) == [7]


def test_the_refusal_explains_itself() -> None:
    with acting_as("ghl"), pytest.raises(IsolationViolation) as refused:
        router.db_for_write(Customer)
    said = str(refused.value)
    assert "'ghl' (sends customers and estimates to GoHighLevel)" in said  # who
    assert "servicetitan.st_customers" in said  # what
    assert "belongs to 'servicetitan' (mirrors ServiceTitan)" in said  # whose
    assert "integrations.ghl_*" in said  # what it may
    assert "external id" in said  # what to do instead


def test_the_back_office_is_told_to_send_a_task() -> None:
    with pytest.raises(IsolationViolation, match="queue of 'servicetitan'"):
        router.db_for_write(SyncLog)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_reads_go_to_the_acting_units_own_connection(unit: Unit) -> None:
    with acting_as(unit.name):
        assert router.db_for_read(Customer) == unit.alias


def test_whoever_forgets_to_say_who_he_is_acts_as_the_back_office() -> None:
    seen: list[Unit] = []
    with acting_as("servicetitan"):
        thread = threading.Thread(target=lambda: seen.append(acting_unit()))  # a new thread has a new context
        thread.start()
        thread.join()
    assert seen == [BY_NAME["backoffice"]]


def test_acting_as_somebody_unknown_is_an_error() -> None:
    with pytest.raises(UnknownUnit, match="There is no unit 'hubspot'"), acting_as("hubspot"):
        pass


def test_objects_of_two_schemas_cannot_be_related() -> None:
    assert not router.allow_relation(User(), Customer())
    assert router.allow_relation(Customer(), SyncLog())


def test_only_the_owner_migrates() -> None:
    assert router.allow_migrate(OWNER_ALIAS, "servicetitan")
    assert not any(router.allow_migrate(unit.alias, "servicetitan") for unit in UNITS)
