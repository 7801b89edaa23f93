"""Routes: sending customers, and what became of it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest
from ninja import P, PathEx, QueryEx, Router, Status

from config.jobs.queue import send
from salesforce.api import schemas
from salesforce.api.access import Scope, scoped, who
from salesforce.api.problems import Conflict, responses
from salesforce.http import shared_redis
from salesforce.models import SyncLog, SyncRun
from salesforce.push.kinds import kinds
from salesforce.push.orders import Mode, Order
from salesforce.push.progress import last
from salesforce.push.run import Push
from servicetitan.models import Customer

router = Router(tags=["Sync"])
WAIT_S = 10.0  # for a run that is at it
SHOWN = 100


@router.post("customer", response={200: schemas.Done, **responses(404, 409, 502)}, summary="Send one customer now")
@scoped(Scope.SYNC)
def customer(request: HttpRequest, given: schemas.OneCustomer) -> dict[str, Any]:
    return _now(request, [given.customer_id])


@router.post("customers", response={200: schemas.Done, **responses(404, 409, 502)}, summary="Send up to 200 customers now")
@scoped(Scope.SYNC)
def customers(request: HttpRequest, given: schemas.ManyCustomers) -> dict[str, Any]:
    return _now(request, given.customer_ids)


@router.post("queue", response={202: schemas.Queued, **responses(404)}, summary="Have customers sent soon")
@scoped(Scope.SYNC)
def queue(request: HttpRequest, given: schemas.ToQueue) -> Status[dict[str, str]]:
    """A worker takes it up as soon as one is free. Without ids it sends whatever changed."""
    if given.customer_ids is None:
        task = send("salesforce.sync", trigger=who(request))
    else:
        ids = _known(given.customer_ids)
        task = send("salesforce.push", customers=ids, trigger=who(request))
    return Status(202, {"task": str(task), "said": "Asked for: look at sync/progress and sync/runs."})


@router.post("full", response={202: schemas.Queued, **responses()}, summary="Have every customer looked at again")
@scoped(Scope.SYNC)
def full(request: HttpRequest) -> Status[dict[str, str]]:
    """What is there already costs no call."""
    task = send("salesforce.sync", mode=str(Mode.FULL), trigger=who(request))
    return Status(202, {"task": str(task), "said": "Asked for: look at sync/progress and sync/runs."})


@router.get("runs", response={200: schemas.Runs, **responses()}, summary="Runs, newest first")
@scoped(Scope.READ)
def runs(
    request: HttpRequest,
    limit: QueryEx[int, P(ge=1, le=200)] = 50,
    before: QueryEx[int | None, P(ge=1, le=schemas.LARGEST, description="Only runs with a smaller id.")] = None,
) -> dict[str, Any]:
    rows = SyncRun.objects.order_by("-id")
    found = list((rows.filter(pk__lt=before) if before else rows)[: limit + 1])
    more = len(found) > limit
    return {"runs": found[:limit], "before": found[limit - 1].pk if more else None}


@router.get("runs/{id}", response={200: schemas.RunDetail, **responses(404)}, summary="One run, and what did not succeed")
@scoped(Scope.READ)
def run(request: HttpRequest, id: PathEx[int, P(ge=1, le=schemas.LARGEST)]) -> dict[str, Any]:
    row = SyncRun.objects.filter(pk=id).first()
    if row is None:
        raise Http404(f"There is no run {id}, or it is no longer kept.")
    entries = SyncLog.objects.filter(run=row)
    counted = dict(entries.values_list("state").annotate(Count("pk")))
    problems = entries.exclude(state=SyncLog.State.SUCCESS).order_by("id")[:SHOWN]
    return schemas.Run.from_orm(row).model_dump() | {"by_state": counted, "problems": shown(problems)}


@router.get("progress", response={200: schemas.Progress, **responses()}, summary="How far the running, or the last, run is")
@scoped(Scope.READ)
def progress(request: HttpRequest) -> dict[str, Any]:
    return last(shared_redis()) or {"state": "none"}


def _now(request: HttpRequest, customer_ids: Sequence[int]) -> dict[str, Any]:
    ids = _known(customer_ids)
    report = Push(Order(Mode.CHOSEN, customer_ids=tuple(ids), trigger=who(request), wait_s=WAIT_S)).run()
    if report.state == "busy":
        raise Conflict("A run is at it just now. Try again, or let it be sent by sync/queue.")
    return report.as_dict() | {"records": [outcome for kind in kinds() for outcome in _outcomes(kind, ids)]}


def _outcomes(kind: Any, ids: Sequence[int]) -> list[dict[str, Any]]:
    rows = kind.model._default_manager.filter(pk__in=ids).order_by("pk")
    return [
        {
            "customer_id": row.pk, "object": kind.sobject, "state": row.state, "sf_id": row.sf_id, "code": row.code,
            "reason": row.reason, "notes": row.notes,
        }
        for row in rows
    ]  # fmt: skip


def _known(customer_ids: Iterable[int]) -> list[int]:
    ids = list(dict.fromkeys(customer_ids))
    known = set(Customer.objects.filter(pk__in=ids).values_list("pk", flat=True))
    if unknown := [id for id in ids if id not in known]:
        raise Http404(f"Not in the mirror as customers: {', '.join(map(str, unknown[:20]))}.")
    return ids


def shown(entries: Iterable[SyncLog]) -> list[dict[str, Any]]:
    return [
        {
            "at": entry.at, "customer_id": entry.st_customer_id, "object": entry.sobject, "act": entry.act, "state": entry.state,
            "api": entry.api, "sf_id": entry.sf_id, "code": entry.code, "reason": entry.reason, "fields": entry.fields,
            "notes": entry.notes, "attempts": entry.attempts, "next_try_at": entry.next_try_at,
        }
        for entry in entries
    ]  # fmt: skip
