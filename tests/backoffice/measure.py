"""How long every list and page takes on the server, on the database that `big_data.fill` made.

    HUB_DATA_DIR=/some/folder python manage.py shell -c "from tests.backoffice.measure import measure; measure('admin')"

Of three tries the middle one counts; what is remembered between requests is forgotten before each.
"""

import sys
import time

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.backoffice.big_data import FIRST_ID

SLOW_MS = 150
SOMEBODY, SOME_JOB = FIRST_ID + 7, FIRST_ID + 500_000
QUERIES = {
    "customer": (
        "", "q=smith 0", "q=Garcia", "q=zzz", f"q={SOME_JOB}", "q=person77778@example.com", "q=(600) 007-7777", "type=Commercial",
        "active=no", "p=50", "p=100",
    ),
    "customercontact": ("", "q=person77778@example.com", "q=6000077777", "type=Fax", "active=no", "p=50"),
    "job": (
        "", "q=J500000", f"q={SOME_JOB}", "q=nope", "job_status=Hold", "job_status=Dispatched", "business_unit=1389",
        f"customer={SOMEBODY}", "p=50", "p=100",
    ),
    "appointment": ("", "q=J500000", "status=Hold", "from=2026-10-01&to=2026-10-02", f"customer={SOMEBODY}", "p=50"),
    "estimate": ("", "q=J500000", "status=Sold", f"customer={SOMEBODY}", "p=50"),
    "invoice": ("", "q=I500000", "q=J500000", "balance=yes", "active=no", f"customer={SOMEBODY}", "p=50"),
    "synclog": (
        "", "entity=jobs", "entity=technicians", "state=failed", "state=braked", "entity=jobs&state=failed", "mode=since",
        "mode=reconcile", "effect=rejects", "effect=slow", "from=2026-09-01&to=2026-09-01",
        "from=2026-09-01&to=2026-11-01&mode=since", "p=50", "p=100",
    ),
    "change": (
        "", "entity=jobs", "entity=tag_types", "kind=deleted", "kind=restored", "from=2026-11-20&to=2026-11-21",
        "from=2020-01-01&to=2020-02-01", f"record=jobs:{SOMEBODY}", "p=50", "p=100",
    ),
    "delivery": ("", "state=failed", "p=50"),
    "syncreject": ("", "state=all"),
}  # fmt: skip
GHL = {
    "contact": ("", "state=conflict", "state=failed", "look=adopted", "look=gone", "q=person77778@example.com", "p=50"),
    "opportunity": ("", "state=conflict", "look=moved", "happened=lost", f"q={SOMEBODY}", "p=50"),
    "syncrun": ("", "state=failed", "mode=reconcile", "effect=failed", "from=2026-11-01&to=2026-11-02", "p=50"),
    "synclog": ("", "state=failed", "act=create", f"record=contact:{SOMEBODY}", "from=2026-11-20&to=2026-11-21", "p=50"),
    "draft": ("",),
    "stagerule": ("",),
    "account": ("",),
}  # fmt: skip
WORKFLOWS = {
    "workflow": ("", "enabled=yes"),
    "run": (
        "", "workflow=6", "workflow=1", "state=failed", "state=active", "state=failed&workflow=6", "group=control", "q=nope",
        f"q={SOMEBODY}", f"customer={SOMEBODY}", f"of=estimate:{SOMEBODY}", "p=50", "p=100",
    ),
    "trace": ("", "workflow=6", "what=failed", "what=sent", "from=2020-01-01&to=2020-02-01", f"q={SOMEBODY}", "p=100"),
    "event": ("", "kind=job.canceled", "kind=invoice.paid", "open=open", f"q={SOMEBODY}", "p=100"),
    "trace/why": (f"entity=customer&id={SOMEBODY}", f"entity=estimate&id={SOMEBODY}"),
    "workflow/1/change": ("",),
    "workflow/6/change": ("",),
    "run/500000/change": ("",),
}  # fmt: skip
PAGES = {"customer": SOMEBODY, "job": SOME_JOB, "appointment": SOME_JOB, "estimate": SOME_JOB, "invoice": SOME_JOB}


def urls() -> list[str]:
    lists = [f"/admin/servicetitan/{model}/?{query}" for model, queries in QUERIES.items() for query in queries]
    lists += [f"/admin/integrations/{model}/?{query}" for model, queries in GHL.items() for query in queries]
    lists += [f"/admin/automation/{model}/?{query}" for model, queries in WORKFLOWS.items() for query in queries]
    pages = [f"/admin/integrations/contact/{SOMEBODY}/change/"]
    pages += [f"/admin/servicetitan/{model}/{pk}/change/" for model, pk in PAGES.items()]
    searches = [f"/admin/search/?extended=1&s={term}" for term in ("smith", "6000077777", "J500000")]
    return ["/admin/", *lists, *pages, *searches]


def measure(username: str) -> None:
    """Write a line for every page; the statements of those that are slow."""
    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(get_user_model().objects.get(username=username), "django.contrib.auth.backends.ModelBackend")
    client.get("/admin/")
    for url in urls():
        tries = sorted(_once(client, url) for _ in range(3))
        milliseconds, database, count = tries[1]
        mark = " <-- slow" if milliseconds > SLOW_MS else ""
        sys.stdout.write(f"{milliseconds:6.0f} ms, {database:5.0f} ms in {count:2d} queries  {url}{mark}\n")


def _once(client: Client, url: str) -> tuple[float, float, int]:
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        began = time.perf_counter()
        answer = client.get(url)
        took = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, (url, answer.status_code)
    return took, sum(float(query["time"]) for query in captured.captured_queries) * 1000, len(captured)
