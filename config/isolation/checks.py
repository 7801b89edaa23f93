"""Nothing is undeclared: every model's table has an owner in the manifest, under a name no other schema uses."""

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register

from config.checks import SETTINGS
from config.isolation.manifest import owner_of
from config.isolation.names import split


@register(SETTINGS)
def every_table_has_an_owner(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"{model._meta.label} is stored in {table}, which no unit of the manifest owns.",
            hint="Name it by its unit's pattern, or give the unit the pattern in config/isolation/manifest.py.",
            obj=model,
            id="hub.E030",
        )
        for model in apps.get_models(include_auto_created=True)
        for table in [".".join(split(model._meta.db_table))]
        if owner_of(*split(model._meta.db_table)) is None
    ]


@register(SETTINGS)
def bare_names_are_unique(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The database backend finds tables by their bare names, see `config.database`."""
    places: dict[str, set[str]] = defaultdict(set)
    for model in apps.get_models(include_auto_created=True):
        schema, table = split(model._meta.db_table)
        places[table].add(schema)
    return [
        Error(
            f"There is a table {table} in several schemas: {', '.join(sorted(schemas))}.",
            hint="Give one of them another name: migrations and tests find tables by their bare names.",
            id="hub.E031",
        )
        for table, schemas in places.items()
        if len(schemas) > 1
    ]
