"""What Django's own operations cannot make: the partitioned event log, the views over items, fast storage for the raw records."""

from pathlib import Path

from django.db import migrations, models

from config.database.operations import store_fast

MIRRORED = (
    "customer", "customercontact", "job", "appointment", "estimate", "invoice",
    "businessunit", "jobtype", "technician", "tagtype",
)  # fmt: skip

KINDS = [(kind, kind.capitalize()) for kind in ("inserted", "changed", "deactivated", "restored", "deleted")]

ESTIMATE_ITEM = {
    "id": ("{id}", "bigint"),
    "estimate_id": None,
    "sku_id": ("{sku,id}", "bigint"),
    "sku_name": ("{sku,name}", "text"),
    "display_name": ("{sku,displayName}", "text"),
    "sku_type": ("{sku,type}", "text"),
    "description": ("{description}", "text"),
    "qty": ("{qty}", "numeric"),
    "unit_rate": ("{unitRate}", "numeric"),
    "total": ("{total}", "numeric"),
    "unit_cost": ("{unitCost}", "numeric"),
    "total_cost": ("{totalCost}", "numeric"),
    "item_group_name": ("{itemGroupName}", "text"),
    "invoice_item_id": ("{invoiceItemId}", "bigint"),
    "chargeable": ("{chargeable}", "boolean"),
}

INVOICE_ITEM = {
    "id": ("{id}", "bigint"),
    "invoice_id": None,
    "type": ("{type}", "text"),
    "sku_id": ("{skuId}", "bigint"),
    "sku_name": ("{skuName}", "text"),
    "display_name": ("{displayName}", "text"),
    "description": ("{description}", "text"),
    "quantity": ("{quantity}", "numeric"),
    "price": ("{price}", "numeric"),
    "total": ("{total}", "numeric"),
    "cost": ("{cost}", "numeric"),
    "total_cost": ("{totalCost}", "numeric"),
    "taxable": ("{taxable}", "boolean"),
    "is_chargeable": ("{isChargeable}", "boolean"),
    "item_group_name": ("{itemGroup,name}", "text"),
    "membership_type_id": ("{membershipTypeId}", "bigint"),
    "technician_id": ("{technicianId}", "bigint"),
    "estimate_item_id": ("{estimateItemId}", "bigint"),
    "service_date": ("{serviceDate}", "timestamptz"),
}

# A line whose value is of another kind reads as null: one bad line must not spoil every query over the view.
LOOKS_LIKE = {
    "bigint": r"^-?\d{1,18}$",
    "numeric": r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$",
    "boolean": r"^(true|false)$",
    "timestamptz": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:?\d\d)?$",
}


def view(name: str, parent: str, columns: dict[str, tuple[str, str] | None]) -> migrations.RunSQL:
    selected = ", ".join(
        f"p.id AS {column}" if source is None else f"{_value(*source)} AS {column}" for column, source in columns.items()
    )
    items = "CASE jsonb_typeof(p.raw->'items') WHEN 'array' THEN p.raw->'items' END"
    body = f"SELECT {selected} FROM servicetitan.{parent} p CROSS JOIN LATERAL jsonb_array_elements({items}) AS item"
    return migrations.RunSQL(f"CREATE VIEW servicetitan.{name} AS {body}", f"DROP VIEW servicetitan.{name}")


def _value(path: str, kind: str) -> str:
    text = f"(item #>> '{path}')"
    return text if kind == "text" else f"CASE WHEN {text} ~ '{LOOKS_LIKE[kind]}' THEN {text}::{kind} END"


class Migration(migrations.Migration):
    dependencies = [("servicetitan", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    Path(__file__).with_name("0002_changes.sql").read_text(),
                    "DROP FUNCTION servicetitan.st_changes_maintain; DROP TABLE servicetitan.st_changes",
                ),
            ],
            [
                migrations.CreateModel(
                    name="Change",
                    fields=[
                        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("txid", models.BigIntegerField()),
                        ("entity", models.TextField()),
                        ("record_id", models.BigIntegerField()),
                        ("kind", models.TextField(choices=KINDS)),
                        ("changed_at", models.DateTimeField()),
                        ("old", models.JSONField(null=True)),
                        ("new", models.JSONField(null=True)),
                    ],
                    options={"db_table": '"servicetitan"."st_changes"'},
                ),
            ],
        ),
        view("st_estimate_items", "st_estimates", ESTIMATE_ITEM),
        view("st_invoice_items", "st_invoices", INVOICE_ITEM),
        store_fast("servicetitan", MIRRORED, "raw"),
    ]
