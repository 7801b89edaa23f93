"""The database backend knows tables by schema: migrations change what they say they change."""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connections, models
from django.db.migrations.state import ModelState, ProjectState

from config.isolation.names import qualified
from tests.isolation.conftest import connected

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

BARE, QUALIFIED = "probe_of_backend", qualified("servicetitan", "st_probe_of_backend")


def model(**fields: models.Field) -> type[models.Model]:  # type: ignore[type-arg]
    """A model as a migration sees it."""
    state = ProjectState()
    named = [("id", models.BigAutoField(primary_key=True)), *fields.items()]
    state.add_model(ModelState("isolation", "Probe", named, {"db_table": QUALIFIED}))
    return state.apps.get_model("isolation", "Probe")


@pytest.fixture
def editor_model() -> Iterator[type[models.Model]]:
    probe = model(note=models.IntegerField(db_index=True))
    with connections["owner"].schema_editor() as editor:
        editor.create_model(probe)
    yield probe
    with connected("owner") as owner:
        owner.execute(f"DROP TABLE IF EXISTS {QUALIFIED}, servicetitan.st_renamed, integrations.ghl_moved CASCADE")


def index_columns() -> list[list[str]]:
    introspection = connections["owner"].introspection
    with connections["owner"].cursor() as cursor:
        found = introspection.get_constraints(cursor, QUALIFIED).values()
    return [constraint["columns"] for constraint in found if constraint["index"] and not constraint["primary_key"]]


def test_tables_are_listed_as_models_name_them() -> None:
    names = connections["owner"].introspection.table_names()
    assert qualified("servicetitan", "st_customers") in names
    assert "auth_user" in names


def test_an_index_that_is_dropped_is_gone(editor_model: type[models.Model]) -> None:
    """Django's own backend finds no index on a qualified table, and silently keeps it."""
    assert index_columns() == [["note"]]
    plain = model(note=models.IntegerField())
    before, after = (m._meta.get_field("note") for m in (editor_model, plain))
    with connections["owner"].schema_editor() as editor:
        assert isinstance(before, models.Field)
        assert isinstance(after, models.Field)
        editor.alter_field(editor_model, before, after, strict=True)
    assert index_columns() == []


def test_a_table_can_be_renamed_and_moved(editor_model: type[models.Model]) -> None:
    renamed, moved = qualified("servicetitan", "st_renamed"), qualified("integrations", "ghl_moved")
    with connections["owner"].schema_editor() as editor:
        editor.alter_db_table(editor_model, QUALIFIED, renamed)
        editor.alter_db_table(editor_model, renamed, moved)
    assert moved in connections["owner"].introspection.table_names()


def test_columns_and_relations_are_found(editor_model: type[models.Model]) -> None:
    introspection = connections["owner"].introspection
    with connections["owner"].cursor() as cursor:
        assert [column.name for column in introspection.get_table_description(cursor, QUALIFIED)] == ["id", "note"]
        assert introspection.get_relations(cursor, QUALIFIED) == {}
        assert introspection.get_sequences(cursor, QUALIFIED)[0]["column"] == "id"


def test_each_connection_has_the_name_of_its_unit() -> None:
    with connected("ghl") as ghl:
        assert ghl.info.user == settings.DATABASES["ghl"]["USER"]
    with connections["ghl"].cursor() as cursor:
        cursor.execute("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        assert cursor.fetchone() == ("hub:ghl",)


def test_passwords_differ_and_are_needed() -> None:
    logins = [settings.DATABASES[alias] for alias in ("ghl", "salesforce", "servicetitan")]
    assert len({login["PASSWORD"] for login in logins}) == 3
    first, other = logins[0], logins[1]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host=first["HOST"], port=first["PORT"], dbname=first["NAME"], user=first["USER"], password=other["PASSWORD"]
        )
