"""How much is left to send, and how long that takes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connections, router
from django.db.models import F, Sum
from django.db.models.functions import Now
from django.utils import timezone

from config.backoffice import show
from config.backoffice.positions import few, first_at
from integrations.admin.words import MODELS, PLURAL
from integrations.models import Account, ApiCall, SyncRun

COUNTED = 10_000  # beyond, PostgreSQL's estimate is good enough
CALLS_EACH = 1.3  # of a record, tags and looks included: before anything is measured
REMEMBERED_S = 10
RUNS = 20
RECENT = timedelta(hours=2)
SENT_ENOUGH = 50  # records from which a pace is told
SLACK = timedelta(minutes=15)  # calls are written in bundles
_INDEXES = {"ghl_contacts_due": "contact", "ghl_opportunities_due": "opportunity"}
_ESTIMATES = """
SELECT relname, reltuples::bigint FROM pg_class
WHERE relnamespace = 'integrations'::regnamespace AND relkind = 'i' AND relname = ANY(%s)
"""


def due() -> dict[str, int]:
    """Records of each kind that are to be looked at now. Many are told by the size of their index."""
    found: dict[str, int] | None = cache.get_or_set("ghl-due", _due, REMEMBERED_S)
    return found or {}


def _due() -> dict[str, int]:
    counted = {
        kind: few(model._default_manager.filter(due_at__lte=Now(), draft__isnull=True), COUNTED)[0]
        for kind, model in MODELS.items()
    }
    if max(counted.values()) <= COUNTED:
        return counted
    with connections[router.db_for_read(SyncRun)].cursor() as cursor:
        cursor.execute(_ESTIMATES, [list(_INDEXES)])
        estimated = {_INDEXES[name]: int(rows) for name, rows in cursor.fetchall()}
    return {kind: max(count, estimated.get(kind, 0)) if count > COUNTED else count for kind, count in counted.items()}


def about(count: int) -> str:
    if count <= COUNTED:
        return f"{count:,}"
    return f"about {round(count, 1 - len(str(count)) + 1):,}"


@dataclass(frozen=True)
class Budget:
    """Of the vendor's day. `most`: the calls that are allowed; None where nobody has told yet."""

    used: int
    most: int | None
    per_10_s: int | None

    @property
    def words(self) -> str:
        if self.most is None:
            return f"{self.used:,} calls today"
        return f"{self.used:,} of {self.most:,} calls today ({self.used * 100 // self.most} %)"


def budget() -> Budget:
    """The day is UTC's, as the hub keeps it."""
    account = Account.objects.order_by("-seen_at").only("connection").first()
    limits: dict[str, Any] = account.connection if account else {}
    used = cache.get_or_set("ghl-calls-today", _used, REMEMBERED_S)
    return Budget(used or 0, limits.get("daily_calls"), limits.get("calls_per_10_s"))


def _used() -> int:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = first_at(ApiCall, "id", "at", midnight - SLACK)
    return few(ApiCall.objects.filter(pk__gte=start, at__gte=midnight), 1_000_000)[0]


def pace() -> float | None:
    """Records in a second, of the last runs that sent a fair number; None where there are none."""
    since = timezone.now() - RECENT
    recent = SyncRun.objects.filter(started_at__gt=since, finished_at__gt=F("started_at") + timedelta(seconds=1))
    ids = list(recent.exclude(mode=SyncRun.Mode.RECONCILE).order_by("-id").values_list("pk", flat=True)[:RUNS])
    sent = F("created") + F("adopted") + F("updated")
    sums = SyncRun.objects.filter(pk__in=ids).aggregate(sent=Sum(sent), took=Sum(F("finished_at") - F("started_at")))
    number = float(sums["sent"] or 0)
    return number / max(1.0, float(sums["took"].total_seconds())) if number >= SENT_ENOUGH else None


def left() -> str:
    """How long what is due will take, in a sentence; '' where nothing is due."""
    counts = {kind: count for kind, count in due().items() if count}
    if not counts:
        return ""
    what = " and ".join(f"{about(count)} {PLURAL[kind] if count != 1 else kind}" for kind, count in counts.items())
    return f"{what} to send: {_time(sum(counts.values()), budget())}"


def _time(records: int, day: Budget) -> str:
    calls = records * CALLS_EACH
    if day.most and calls > day.most - day.used:
        days = 1 + int((calls - (day.most - day.used)) // day.most)
        return f"about {days} day{'s' if days > 1 else ''} more, because GoHighLevel allows {day.most:,} calls a day."
    measured = pace()
    if measured:
        return f"about {show.duration(max(10, records / measured))} at the pace of the last runs."
    if day.per_10_s:
        return f"about {show.duration(max(10, calls * 10 / day.per_10_s))} at the pace GoHighLevel allows."
    return "the first run says how long that takes."
