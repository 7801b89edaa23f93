"""Everything a person must look at, of contacts and opportunities, with both sides next to each other."""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.board import board
from config.backoffice.navigation import may_see
from config.backoffice.pager import FURTHEST_PAGE
from config.backoffice.panels import Page, Panel, Table, Text
from config.backoffice.positions import few
from integrations.admin import places, reasons, sides, words
from integrations.admin.buttons import MAKE_RIGHT, RETRY_RIGHT
from integrations.admin.places import Places
from integrations.admin.words import MODELS, State
from integrations.models import Contact, Opportunity

PER_PAGE = 25
COUNTED = 20_000  # of each kind of record


def rows_of(kind: str, chosen: str) -> QuerySet[Any]:
    which = reasons.ALL[chosen].where() if chosen else Q(state=State.CONFLICT)
    return MODELS[kind]._default_manager.filter(which)


def view(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    if not (may_see(request, Contact) and may_see(request, Opportunity)):
        raise PermissionDenied
    chosen = request.GET.get("kind", "")
    chosen = chosen if chosen in dict(reasons.CONFLICT_CHOICES) else ""
    number = int(text) if (text := request.GET.get("p", "1")).isdecimal() and len(text) < 4 else 1
    number = min(max(1, number), FURTHEST_PAGE)
    panels: list[Panel] = [_kinds(chosen), *_list(chosen, number, request.user)]
    return board(admin, request, "Conflicts", Page(panels, lead=_lead()))


def _lead() -> SafeString:
    return show.quiet("What the hub cannot decide by itself. Everything else goes on meanwhile.")


def _kinds(chosen: str) -> Panel:
    """How many there are of each; a link narrows the list."""
    counts, cut = _counts()
    found = []
    for kind in reasons.CONFLICTS:
        if counts[kind.name] or kind.name == chosen:
            mark = show.pill("shown", show.INFO) if kind.name == chosen else ""
            link = show.format_inline(show.link(url(kind.name), kind.title), mark)
            found.append((link, f"{counts[kind.name]:,}{'+' if cut else ''}", kind.advice))
    more = ("All kinds", url()) if chosen else None
    return Table(title="Kinds of conflict", headers=("Kind", "Records", "What you can do"), rows=found, numeric=frozenset({1}),
                 more=more, empty="No conflict: everything could be decided.")  # fmt: skip


def _counts() -> tuple[dict[str, int], bool]:
    """By kind, and whether there are more than were counted."""
    totals, cut = dict.fromkeys(dict(reasons.CONFLICT_CHOICES), 0), False
    each = {kind.name.replace("-", "_"): Count("pk", filter=kind.where()) for kind in reasons.CONFLICTS}
    for kind in MODELS:
        found = rows_of(kind, "").order_by()[:COUNTED].aggregate(all_of_them=Count("pk"), **each)
        cut = cut or found["all_of_them"] == COUNTED
        for name in totals:
            totals[name] += found[name.replace("-", "_")]
    return totals, cut


def _list(chosen: str, number: int, user: Any) -> list[Panel]:
    found, follows = _page(chosen, number)
    known = places.read()
    rows = [_row(kind, row, known, user) for kind, row in found]
    title = reasons.ALL[chosen].title if chosen else "All conflicts"
    headers = ("Record", "Conflict, and what you can do", sides.OURS, sides.THEIRS, "")
    table = Table(title=title, headers=headers, rows=rows, empty="None of this kind.")
    pager = _pager(chosen, number, follows)
    return [table, Text(title="More", content=pager)] if pager else [table]


def _page(chosen: str, number: int) -> tuple[list[tuple[str, Any]], bool]:
    """Contacts first. Only keys are put in order together; the records are fetched by them."""
    parts = [
        rows_of(kind, chosen).order_by().annotate(kind=Value(kind, CharField()), key=F("pk")).values_list("kind", "key")
        for kind in MODELS
    ]
    start = (number - 1) * PER_PAGE
    keys = list(parts[0].union(parts[1], all=True).order_by("kind", "-key")[start : start + PER_PAGE + 1])
    records = {
        (kind, row.pk): row
        for kind, model in MODELS.items()
        for row in model._default_manager.filter(pk__in=[key for of, key in keys if of == kind])
    }
    return [(kind, records[kind, key]) for kind, key in keys[:PER_PAGE] if (kind, key) in records], len(keys) > PER_PAGE


def _row(kind: str, row: Any, known: Places, user: Any) -> tuple[Any, ...]:
    ours, theirs = sides.short(row, known)
    customer = row.pk if kind == "contact" else row.st_customer_id
    record = show.lines([
        words.record_link(kind, row.pk, row.name or f"{kind} {row.pk}"),
        show.quiet(kind),
        show.whole(words.customer_link(customer, "in ServiceTitan")),
        *([show.whole(words.ghl_link(kind, row.ghl_id, "in GoHighLevel"))] if row.ghl_id and not row.gone_at else []),
    ])  # fmt: skip
    conflict = show.lines([row.reason, show.quiet(reasons.advice(row.reason))])
    return record, conflict, ours, theirs, _button(kind, row, user)


def _button(kind: str, row: Any, user: Any) -> SafeString | str:
    """To the question that asks once more; nothing for who may not."""
    deed, right, text = ("make_again", MAKE_RIGHT[kind], "Make again") if row.gone_at else ("try_again", RETRY_RIGHT, "Try again")
    if not user.has_perm(right):
        return ""
    return show.whole(show.link(reverse(f"admin:integrations_{kind}_{deed}", args=[row.pk]), text))


def _pager(chosen: str, number: int, follows: bool) -> SafeString | str:
    if number == 1 and not follows:
        return ""
    back = show.link(f"{url()}?{urlencode({'kind': chosen, 'p': number - 1})}", "Previous") if number > 1 else ""
    on = show.link(f"{url()}?{urlencode({'kind': chosen, 'p': number + 1})}", "Next") if follows else ""
    return format_html('<nav class="hub-pager" aria-label="Pages">{}<span>Page {}</span>{}</nav>', back, number, on)


def count_open() -> str:
    """For the menu."""
    total = sum(few(rows_of(kind, ""), 99)[0] for kind in MODELS)
    return f"{min(total, 99)}{'+' if total > 99 else ''}" if total else ""


def url(kind: str = "") -> str:
    here = reverse("admin:integrations_contact_conflicts")
    return f"{here}?{urlencode({'kind': kind})}" if kind else here
