"""People in front of the workflows' pages, and behind them an engine that has run."""

import copy
import html
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from automation.workflows import stored
from automation.workflows.models import Version, Workflow
from config.isolation import switches
from config.isolation.actor import acting_as
from tests.automation.workflows.conftest import Desk
from tests.backoffice.conftest import PASSWORD, boss, operator, plain_settings, stranger
from tests.mirror import customer, estimate, load

__all__ = ["boss", "operator", "plain_settings", "stranger"]

NAME = "unsold-estimate"
READY = next(content for content in stored.ready() if content["name"] == NAME)


@dataclass
class Company:
    """Customers 1 to 6 with estimates 101 to 106: those of 101 and 102 are too small to enter."""

    desk: Desk

    @property
    def workflow(self) -> Workflow:
        return Workflow.objects.get(name=NAME)

    def content(self, **changes: Any) -> dict[str, Any]:
        return {**copy.deepcopy(READY), **changes}

    def versions(self) -> list[int]:
        return list(Version.objects.filter(workflow__name=NAME).order_by("number").values_list("number", flat=True))

    def go(self, **span: float) -> None:
        """Everything that happened and is due, after so long."""
        with acting_as("automation"):
            self.desk.listen()
            self.desk.later(**span)
            self.desk.go()


@pytest.fixture
def company(transactional_db: None) -> Iterator[Company]:
    switches.publish()
    with acting_as("automation"):
        desk = Desk()
        desk.listen()
        stored.store(READY, "olga", desk.now, enabled=True)
    load("customers", *(customer(n) for n in range(1, 7)))
    load("estimates", *(estimate(100 + n, n, subtotal=200 * n) for n in range(1, 7)))
    company = Company(desk)
    company.go()
    with acting_as("backoffice"):
        yield company


@pytest.fixture
def viewer(db: None) -> Client:
    """Somebody who may look at everything of the workflows, and at nothing else."""
    user = User.objects.create_user("vera", password=PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="automation", codename__startswith="view_"))
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def url(model: type[Any], page: str, *args: Any) -> str:
    return reverse(f"admin:automation_{model._meta.model_name}_{page}", args=args)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return html.unescape(answer.content.decode())


def save(client: Client, workflow: Workflow | None, content: Any, base: int = 1) -> Any:
    """Posts the editor's form; `content` is a text or becomes one."""
    address = url(Workflow, "edit", workflow.pk) if workflow else url(Workflow, "add")
    text = content if isinstance(content, str) else json.dumps(content)
    return client.post(address, {"definition": text, "base": base if workflow else 0})
