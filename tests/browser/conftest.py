"""A real browser in front of a real server: Chromium as the machine has it, the hub as the live server of the suite."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.backoffice.conftest import (  # noqa: F401 - the same people, mirror and queue
    PASSWORD,
    boss,
    family,
    mirror,
    operator,
    queued,
)

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the thread that uses the ORM
CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium is installed on this machine"))


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[str]:
    """The address of the hub, with its static files as `manage.py api_server` has them: collected, named by content."""
    call_command("collectstatic", interactive=False, verbosity=0)
    bare: Any = lambda application: application  # noqa: E731 - Django's own would answer for the collected files
    thread = LiveServerThread("127.0.0.1", static_handler=bare)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox", "--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@dataclass
class Watch:
    """What the browser complained about, and where it went."""

    host: str
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def on_request(self, request: Request) -> None:
        if urlsplit(request.url).netloc not in (self.host, ""):
            self.foreign.append(request.url)


@pytest.fixture
def watch(context: BrowserContext, server: str) -> Iterator[Watch]:
    """Fails the test where a page wrote an error to the console or called another host."""
    found = Watch(urlsplit(server).netloc)
    context.on("console", found.on_console)
    context.on("weberror", lambda error: found.complaints.append(str(error.error)))
    context.on("request", found.on_request)
    yield found
    assert found.complaints == []
    assert found.foreign == []


def log_in(page: Page, server: str, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{server}/admin/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_load_state()


@pytest.fixture
def desk(page: Page, watch: Watch, server: str, operator: Any) -> Page:  # noqa: F811
    """A browser in which an operator is logged in."""
    log_in(page, server, "olga")
    return page


@pytest.fixture
def throne(page: Page, watch: Watch, server: str, db: None) -> Page:
    """A browser in which a superuser is logged in."""
    User.objects.create_superuser("boss", "boss@example.com", PASSWORD)
    log_in(page, server, "boss")
    return page
