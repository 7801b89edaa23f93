"""How many should be at GoHighLevel, how many are, and which differ: of the last comparison."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.board import board
from config.backoffice.navigation import may_see
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from config.backoffice.positions import LOG_WINDOW, window_start
from integrations.admin import sides, words
from integrations.admin.buttons import START_RIGHT
from integrations.admin.words import MODELS, PLURAL, Kind
from integrations.models import SyncRun

NUMBERS = {
    "should": "Should be there", "there": "Are there", "missing": "Missing", "differ": "Differ", "gone": "Newly found deleted",
    "moved": "Moved by people", "adopted": "Taken over", "repaired": "To be put right", "not_ours": "Others', not ours",
    "unchecked": "Left to the next comparison",
}  # fmt: skip
FIELDS = {**sides.LABELS, "customFields": "Our custom field"}


def last() -> SyncRun | None:
    """The newest comparison that came to its end: they run every night, so it is among the newest runs."""
    start = window_start(SyncRun.objects.order_by("-pk"), "pk", LOG_WINDOW)
    found = SyncRun.objects.filter(pk__gte=start, mode=SyncRun.Mode.RECONCILE, state=SyncRun.State.SUCCEEDED)
    return found.filter(parity__isnull=False).order_by("-id").first()


def url() -> str:
    return reverse("admin:integrations_syncrun_parity")


def view(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    if not may_see(request, SyncRun):
        raise PermissionDenied
    run = last()
    if run is None or not run.parity:
        text = "Nothing has been compared yet. The comparison runs every night; the button starts one now."
        return board(admin, request, "Parity", Page([], [Banner(text, show.INFO)], _button(request)))
    lead = show.format_inline(_verdict(run.parity), show.quiet(_as_of(run)), _button(request))
    return board(admin, request, "Parity", Page([*panels(run.parity), _about(run)], [], lead))


def _as_of(run: SyncRun) -> str:
    moment = run.finished_at or run.started_at
    return f"as of {show.clock(moment)}, {show.age(moment)}"


def _button(request: HttpRequest) -> SafeString | str:
    if not request.user.has_perm(START_RIGHT):
        return ""
    return show.link(reverse("admin:integrations_syncrun_reconcile_now"), "Compare now")


def _verdict(parity: dict[str, Any]) -> SafeString:
    return show.pill("all equal", show.GOOD) if parity.get("equal") else show.pill("differs", show.WARNING)


def _about(run: SyncRun) -> Panel:
    rows = [("Comparison", pages.link_to(run, f"run {run.pk}")), ("Took", show.duration(words.run_seconds(run))),
            ("Calls", show.number(run.api_calls))]  # fmt: skip
    return Facts(title="Where this is from", rows=rows)


def panels(parity: dict[str, Any]) -> list[Panel]:
    found: list[Panel] = []
    for kind in Kind:
        part = parity.get(PLURAL[kind], {})
        rows = [(label, show.number(part[name])) for name, label in NUMBERS.items() if name in part and _says(name, part)]
        found.append(Facts(title=PLURAL[kind].capitalize(), rows=rows))
    for kind in Kind:
        found += _which(kind, parity.get(PLURAL[kind], {}))
    return found


def _says(name: str, part: dict[str, Any]) -> bool:
    """Zeros that everybody hopes for are said, others are not."""
    return name in ("should", "there", "missing", "differ") or bool(part[name])


def _which(kind: Kind, part: dict[str, Any]) -> list[Panel]:
    found: list[Panel] = []
    if differing := part.get("differing"):
        names = _names(kind, [one["id"] for one in differing])
        rows = [
            (words.record_link(kind, one["id"], names.get(one["id"])), ", ".join(FIELDS.get(f, f) for f in one["fields"]),
             words.ghl_link(kind, one["ghl_id"], "open"))
            for one in differing
        ]  # fmt: skip
        cut = part["differ"] > len(differing)
        found.append(Table(
            title=f"{PLURAL[kind].capitalize()} that differ", headers=("Record", "Differs in", "GoHighLevel"), rows=rows,
            count=f"{part['differ']:,}", note=f"The first {len(differing)}." if cut else "",
        ))  # fmt: skip
    if twins := part.get("twins"):
        names = _names(kind, [one["id"] for one in twins])
        twice = [
            (words.record_link(kind, one["id"], names.get(one["id"])),
             show.format_inline(*(words.ghl_link(kind, id, id) for id in one["ghl_ids"])))
            for one in twins
        ]  # fmt: skip
        title = f"{PLURAL[kind].capitalize()} that are there twice"
        found.append(Table(title=title, headers=("Record", "GoHighLevel"), rows=twice, count=str(len(twins))))
    return found


def _names(kind: Kind, ids: list[int]) -> dict[int, str]:
    rows = MODELS[kind]._default_manager.filter(pk__in=ids).values_list("pk", "name")
    return {pk: name or f"{kind} {pk}" for pk, name in rows}


def figures(run: SyncRun | None) -> dict[str, dict[str, int]]:
    """Of each kind, for the first page; empty where nothing was compared."""
    return {str(kind): run.parity.get(PLURAL[kind], {}) for kind in Kind} if run and run.parity else {}

