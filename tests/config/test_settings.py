"""Settings come from the environment; what is wrong with them is said in a sentence with an id."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from config import checks

ROOT = Path(__file__).resolve().parents[2]
REAL = {
    "DATABASE_URL": "postgres://owner:secret@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "HUB_SECRET_KEY": "x" * 50,
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in an environment of its own, as somebody who just set these variables."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "HUB_DATA_DIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=kept | {"HUB_ENV_FILE": os.devnull, **environment}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


WRONG: list[tuple[set[str], dict[str, str]]] = [  # what is told, and the settings: all that is wrong is told at once
    (
        {"hub.E001", "hub.E002", "hub.E004", "hub.E005", "hub.E007", "hub.E014"},
        {
            "SERVICETITAN_SYNC_ENABLED": "maybe",
            "SERVICETITAN_CALLS_PER_SECOND": "many",
            "HUB_TIME_ZONE": "Mars/Base",
            "SERVICETITAN_API_URL": "ftp://example.com",
            "SERVICETITAN_TENANT_ID": "my company",
            "GHL_API_URL": "http://services.example.com",
        },
    ),
    ({"hub.E003"}, {"HUB_ENV": "prod"}),
    ({"hub.E006"}, {"DATABASE_URL": "mysql://example.com/x"}),
    ({"hub.E010"}, {"REDIS_URL": REAL["REDIS_URL"]}),
    ({"hub.E011"}, {"DATABASE_URL": REAL["DATABASE_URL"], "REDIS_URL": REAL["REDIS_URL"]}),
    ({"hub.E012"}, REAL | {"HUB_ENV": "production", "HUB_DEBUG": "true"}),
    ({"hub.E013"}, REAL | {"HUB_ENV": "production", "HUB_SECRET_KEY": "short"}),
]


@pytest.mark.parametrize(("ids", "given"), WRONG)
def test_a_wrong_setting_is_told_and_nothing_is_done(ids: set[str], given: dict[str, str]) -> None:
    done = manage("sync_servicetitan", **given)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    for id in ids:
        assert f"({id})" in said
    assert said.count("HINT") >= len(ids)
    assert "Traceback" not in said


def test_the_collectors_login_travels_by_https_alone() -> None:
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example.com", "OTEL_EXPORTER_OTLP_HEADERS": "key=sesame"}
    said = manage("check", **given).stderr
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is an address without https" in said and "(hub.E014)" in said and "sesame" not in said


def test_missing_credentials_are_a_warning_and_then_an_error() -> None:
    check = manage("check", **REAL)
    assert check.returncode == 0
    assert "(hub.W020)" in check.stderr
    sync = manage("sync_servicetitan", **REAL)
    assert sync.returncode == 1
    assert "SERVICETITAN_CLIENT_ID" in sync.stderr
    assert "Traceback" not in sync.stderr


def test_a_password_in_an_address_is_never_shown() -> None:
    said = manage("check", DATABASE_URL="postgres://me:sesame@host:port/x").stderr
    assert "(hub.E006)" in said
    assert "sesame" not in said


def test_with_the_addresses_set_nothing_embedded_is_touched(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    done = manage("sync_servicetitan", "--json", **REAL, HUB_DATA_DIR=str(folder), SERVICETITAN_TENANT_ID="1",
                  SERVICETITAN_CLIENT_ID="x", SERVICETITAN_CLIENT_SECRET="x", SERVICETITAN_APP_KEY="x")  # fmt: skip
    assert done.returncode == 1
    assert not folder.exists()


def test_in_production_nothing_embedded_is_started(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    done = manage("migrate", HUB_ENV="production", HUB_DATA_DIR=str(folder))
    assert done.returncode == 1
    assert "(hub.E010) DATABASE_URL is not set." in done.stderr
    assert not folder.exists()


def test_a_units_own_address_is_all_its_process_needs() -> None:
    code = "from django.conf import settings; print(sorted(k for k, v in settings.DATABASES.items() if v.get('NAME')))"
    done = manage(
        "shell", "-v0", "-c", code,
        SERVICETITAN_DATABASE_URL="postgres://a:b@127.0.0.1:9/x", REDIS_URL=REAL["REDIS_URL"], HUB_SECRET_KEY="x" * 50,
    )  # fmt: skip
    assert done.stdout.strip() == "['servicetitan']", done.stderr


UNIT_ALONE = {
    "SERVICETITAN_DATABASE_URL": "postgres://a:b@127.0.0.1:9/x",
    "SERVICETITAN_REDIS_URL": "redis://hub_servicetitan:x@127.0.0.1:9/0",
    "HUB_BUS_URL": "redis://hub_bus:x@127.0.0.1:9/0",
    "HUB_SECRET_KEY": "x" * 50,
}


def test_a_units_own_address_and_the_bus_are_all_its_process_needs_of_redis() -> None:
    code = "from django.conf import settings as s; print(sorted(s.REDIS_URLS), s.CELERY_BROKER_URL, s.REDIS_URL == '')"
    done = manage("shell", "-v0", "-c", code, **UNIT_ALONE)
    assert done.stdout.strip() == f"['bus', 'servicetitan'] {UNIT_ALONE['HUB_BUS_URL']} True", done.stderr
    assert manage("check", **UNIT_ALONE, HUB_ENV="production").returncode == 0


@pytest.mark.parametrize("missing", ["SERVICETITAN_REDIS_URL", "HUB_BUS_URL"])
def test_what_a_process_lacks_of_redis_is_named(missing: str) -> None:
    done = manage("check", **{name: value for name, value in UNIT_ALONE.items() if name != missing})
    assert f"(hub.E010) {missing} is not set." in done.stderr


def test_the_units_logins_at_redis_are_derived_from_the_administrators() -> None:
    code = "from django.conf import settings as s; print(*(f'{n}={u}' for n, u in s.REDIS_URLS.items()))"
    given = REAL | {"REDIS_URL": "rediss://admin:p%40ss@redis.example:6380/2?ssl_cert_reqs=required", "HUB_ROLE_PREFIX": "a b_"}
    urls = dict(word.split("=", 1) for word in manage("shell", "-v0", "-c", code, **given).stdout.split())
    assert urls.keys() == {"servicetitan", "ghl", "automation", "salesforce", "monitor", "backoffice", "bus"}
    for name, url in urls.items():
        assert url.startswith(f"rediss://a%20b_{name}:")
        assert url.endswith("@redis.example:6380/2?ssl_cert_reqs=required")
        assert "p%40ss" not in url
    assert len(set(urls.values())) == 7
    own = manage("shell", "-v0", "-c", code, **given, GHL_REDIS_URL="redis://own:x@elsewhere/1").stdout
    assert "ghl=redis://own:x@elsewhere/1" in own
    shared = manage("shell", "-v0", "-c", code, **given, HUB_REDIS_ACL="false").stdout
    assert shared.count(given["REDIS_URL"]) == 7


def test_the_token_address_may_be_written_out() -> None:
    code = "from django.conf import settings; print(settings.SERVICETITAN_AUTH_URL)"
    done = manage("shell", "-v0", "-c", code, SERVICETITAN_AUTH_URL="https://auth.example.com/connect/token")
    assert done.stdout.strip() == "https://auth.example.com"


# --- GoHighLevel ---

GHL_WRONG = [
    ("hub.E001", "GHL_AUTO_SYNC_CUSTOMERS", "sometimes"),
    ("hub.E002", "GHL_CALLS_PER_10_S", "0"),
    ("hub.E002", "GHL_DAILY_CALLS", "-5"),
    ("hub.E002", "GHL_TIMEOUT_S", "soon"),
    ("hub.E003", "GHL_API_VERSION", "v2"),
    ("hub.E005", "GHL_API_URL", "services.example.com"),
    ("hub.E002", "HUB_SANDBOX_PORT", "65534"),  # the last of the vendors' ports would be none
]


def test_each_wrong_setting_is_named() -> None:
    done = manage("check", **{name: value for _, name, value in GHL_WRONG})
    assert done.returncode == 1
    for id, name, value in GHL_WRONG:
        assert f"({id}) {name} is {value!r}." in done.stderr


def ghl(**given: str) -> list[str]:
    """Whether it is the sandbox, the address, the token and the location, as a process with these settings sees them."""
    names = ("GHL_USES_SANDBOX", "GHL_API_URL", "GHL_API_TOKEN", "GHL_LOCATION_ID")
    code = f"from django.conf import settings as s; print(*(repr(getattr(s, name)) for name in {names}))"
    return [word.strip("'") for word in manage("shell", "-v0", "-c", code, **given).stdout.split()]


GHL = "https://services.leadconnectorhq.com"
PRODUCTION = REAL | {"HUB_ENV": "production"}


def test_a_trial_calls_the_sandbox() -> None:
    own = ["True", "http://127.0.0.1:18902", "pit-sandbox", "locSandbox0000000001"]
    assert ghl(HUB_SANDBOX_PORT="18901") == own
    assert ghl(HUB_SANDBOX_PORT="18901", GHL_API_TOKEN="", GHL_LOCATION_ID="") == own  # as .env.example has them


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"GHL_API_TOKEN": "pit-x", "GHL_LOCATION_ID": "loc"}, ["False", GHL, "pit-x", "loc"]),
        ({"GHL_OAUTH_CLIENT_ID": "id", "GHL_OAUTH_CLIENT_SECRET": "secret"}, ["False", GHL, "", ""]),
        ({"GHL_API_URL": "http://127.0.0.1:9"}, ["False", "http://127.0.0.1:9", "", ""]),
        (PRODUCTION, ["False", GHL, "", ""]),
    ],
)
def test_with_a_credential_or_in_production_it_is_the_vendor(given: dict[str, str], seen: list[str]) -> None:
    assert ghl(**given) == seen


def test_production_without_a_way_into_gohighlevel_is_warned_and_runs() -> None:
    done = manage("check", **PRODUCTION)
    assert done.returncode == 0
    assert "(hub.W021) Nothing can be sent to GoHighLevel, not set: GHL_API_TOKEN, GHL_LOCATION_ID." in done.stderr
    assert "GHL_OAUTH_CLIENT_SECRET (a Marketplace app)" in done.stderr


def test_a_process_is_not_warned_of_another_units_credentials() -> None:
    said = manage("check", **PRODUCTION, HUB_UNITS="ghl").stderr
    assert "hub.W020" not in said and "hub.W021" in said
    said = manage("check", **PRODUCTION, HUB_UNITS="servicetitan").stderr
    assert "hub.W020" in said and "hub.W021" not in said


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"API_TOKEN": "pit-x", "LOCATION_ID": "loc"}, None),
        ({"API_TOKEN": "pit-x"}, "GHL_LOCATION_ID"),
        ({"OAUTH_CLIENT_ID": "id", "OAUTH_CLIENT_SECRET": "secret"}, None),
        ({"OAUTH_CLIENT_ID": "id"}, "GHL_OAUTH_CLIENT_SECRET"),
        ({"SYNC_ENABLED": False}, None),
    ],
)
def test_what_is_missing_is_named(settings: Settings, given: dict[str, str], missing: str | None) -> None:
    for name in ("API_TOKEN", "LOCATION_ID", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET"):
        setattr(settings, f"GHL_{name}", given.get(name, ""))
    settings.GHL_SYNC_ENABLED = given.get("SYNC_ENABLED", True)
    said = [warning.msg for warning in checks.ghl_is_set_up(None)]
    assert said == ([f"Nothing can be sent to GoHighLevel, not set: {missing}."] if missing else [])


@pytest.mark.parametrize("name", ["SERVICETITAN_AUTH_URL", "GHL_API_URL", "SALESFORCE_LOGIN_URL", "TWILIO_API_URL"])
def test_credentials_travel_by_https(settings: Settings, name: str) -> None:
    for fine in ("https://vendor.example.com", "http://127.0.0.1:9", "http://[::1]:9", "http://localhost", ""):
        setattr(settings, name, fine)
        assert checks.credentials_travel_by_https(None) == []
    setattr(settings, name, "http://vendor.example.com")
    assert [error.msg for error in checks.credentials_travel_by_https(None)] == [f"{name} is an address without https."]
    settings.HUB_PRIVATE_HOSTS = {"vendor.example.com"}
    assert checks.credentials_travel_by_https(None) == []


def test_every_setting_is_explained_and_every_explained_setting_exists() -> None:
    text = (ROOT / ".env.example").read_text()
    explained = set(re.findall(r"^([A-Z0-9_]+)=", text, re.MULTILINE))
    assert explained == set(django_settings.ENV.seen)
    switched_off = set(re.findall(r"^#([A-Z_]+)=", text, re.MULTILINE))
    embedded = (ROOT / "config" / "embedded" / "__init__.py").read_text()
    assert switched_off == set(re.findall(r"^    (HUB_[A-Z_]+) ", embedded, re.MULTILINE))


def test_the_example_itself_is_sound(tmp_path: Path) -> None:
    done = manage("check", HUB_ENV_FILE=str(ROOT / ".env.example"), HUB_DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
