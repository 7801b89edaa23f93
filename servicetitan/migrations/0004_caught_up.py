"""What a feed's cursor remembers of completeness and of the brake; upkeep that waits for nobody; moments anybody can read."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import migrations, models

from servicetitan.columns import FIRST_DATE, LAST_DATE, Moment, within_dates

before = importlib.import_module("servicetitan.migrations.0002_changes_and_items")


def no_unreadable_moments(apps: Any, schema_editor: Any) -> None:
    """Python reads neither year 10000 nor infinity: one such row spoils the page that shows it."""
    for model in apps.get_app_config("servicetitan").get_models():
        columns = [f'"{field.column}"' for field in model._meta.local_fields if isinstance(field, Moment)]
        if columns:
            schema_editor.execute(
                f"UPDATE {model._meta.db_table} SET {', '.join(f'{c} = {within_dates(c)}' for c in columns)} "
                f"WHERE {' OR '.join(f'{c} <= %s OR {c} >= %s' for c in columns)}",
                [FIRST_DATE, LAST_DATE] * len(columns),
            )


def invoice_items(value: Callable[[str], str]) -> str:
    """The view once more; `value` makes the SQL of its date."""
    date = before._value(*before.INVOICE_ITEM["service_date"])
    made = str(before.view("st_invoice_items", "st_invoices", before.INVOICE_ITEM).sql)
    return made.replace("CREATE VIEW", "CREATE OR REPLACE VIEW").replace(date, value(date))


class Migration(migrations.Migration):
    dependencies = [("servicetitan", "0003_calls")]

    operations = [
        migrations.AddField("synccursor", "caught_up_at", models.DateTimeField(
            null=True, help_text="When ServiceTitan last had nothing more: what changed before is here.")),
        migrations.AddField("synccursor", "blanked", models.JSONField(
            null=True, help_text="Per field, how many values were emptied here lately.")),
        migrations.AddField("synccursor", "blanked_since", models.DateTimeField(
            null=True, help_text="Since when they are counted.")),
        migrations.AddField("synccursor", "braked", models.TextField(
            null=True, help_text="The field that the brake lets nobody empty until a person decides.")),
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL(invoice_items(within_dates), invoice_items(str)),
        migrations.RunPython(no_unreadable_moments, migrations.RunPython.noop),
    ]  # fmt: skip
