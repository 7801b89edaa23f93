"""Callers of our API, and the emulated org behind it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from config.isolation.actor import acting_as
from salesforce.api.access import new_key
from salesforce.models import ApiKey
from tests.backoffice.conftest import plain_settings
from tests.salesforce.emulated import push, vendor

__all__ = ["plain_settings", "push", "vendor"]

Keyed = Callable[..., Client]


@pytest.fixture(autouse=True)
def unthrottled(vendor: Any) -> None:
    cache.clear()


@pytest.fixture
def keyed(transactional_db: None) -> Keyed:
    """A program with a key: `keyed("sync")`."""

    def make(scope: str, until: datetime | None = None, revoked: bool = False) -> Client:
        key, prefix, hashed = new_key()
        with acting_as("backoffice"):
            ApiKey.objects.create(
                name=f"test {scope}", prefix=prefix, hash=hashed, scope=scope, made_at=timezone.now(), until=until,
                revoked_at=timezone.now() if revoked else None,
            )  # fmt: skip
        return Client(headers={"Authorization": f"Bearer {key}"})

    return make


@pytest.fixture
def person(transactional_db: None) -> Callable[..., Client]:
    """Somebody who is logged in, with rights: `person("salesforce.add_syncrun")`."""

    def make(*rights: str, staff: bool = True, superuser: bool = False, **options: Any) -> Client:
        with acting_as("backoffice"):
            user = User.objects.create_user("ann", password="a quiet afternoon", is_staff=staff, is_superuser=superuser)
            for right in rights:
                app, _, codename = right.partition(".")
                user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
            client = Client(**options)
            client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        return client

    return make
