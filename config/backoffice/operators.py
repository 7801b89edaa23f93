"""The group "Operators": sees everything, may start syncs, retry what failed and decide what units leave to people.

Units say which further rights belong to it with `may`. The group is made once; later migrations add the rights for tables
made since, and never give back what somebody took away.
"""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.management import create_permissions
from django.db import router

NAME = "Operators"
_rights: set[str] = set()


def may(*rights: str) -> None:
    """Rights such as "servicetitan.change_syncreject" that operators get."""
    _rights.update(rights)


def make(sender: Any, using: str, **_: Any) -> None:
    """Receiver of post_migrate, which comes once an app: with the last one all permissions can be there."""
    if sender is not [app for app in apps.get_app_configs() if app.models_module][-1]:
        return
    admin.autodiscover()  # which pages there are, and what units say of rights
    create_permissions(sender, verbosity=0, interactive=False, using=using)  # its own receiver may come after this one
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    if not router.allow_migrate_model(using, group_model):
        return
    group, _made = group_model.objects.using(using).get_or_create(name=NAME)
    held = group_model.permissions.through.objects.using(using)  # by name: the routed connection has no role yet
    newest = max(held.filter(group_id=group.pk).values_list("permission_id", flat=True), default=0)
    found = permission_model.objects.using(using).filter(pk__gt=newest).select_related("content_type")
    held.bulk_create([held.model(group_id=group.pk, permission_id=p.pk) for p in found if _is_theirs(p)])


def _is_theirs(permission: Any) -> bool:
    kind = permission.content_type
    if f"{kind.app_label}.{permission.codename}" in _rights:
        return True
    return permission.codename == f"view_{kind.model}" and _is_shown(kind.app_label, kind.model)


def _is_shown(app_label: str, model_name: str) -> bool:
    try:
        return admin.site.is_registered(apps.get_model(app_label, model_name))
    except LookupError:
        return False  # the table of an app that is no longer installed
