"""Route: one customer, here and there."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import P, PathEx, QueryEx, Router

from config.isolation.egress.retries import Stats
from salesforce import connect
from salesforce.api import schemas
from salesforce.api.access import Scope, scoped
from salesforce.api.problems import responses
from salesforce.api.syncing import shown
from salesforce.errors import SalesforceError
from salesforce.looking import Side, link, sides
from salesforce.models import Org, SyncLog
from servicetitan.models import Customer

router = Router(tags=["Customers"])
LOGGED = 20


@router.get(
    "{st_customer_id}", response={200: schemas.Customer, **responses(404)},
    summary="What is mapped, what Salesforce has, and what differs",
)  # fmt: skip
@scoped(Scope.READ)
def customer(
    request: HttpRequest,
    st_customer_id: PathEx[int, P(ge=1, le=schemas.LARGEST)],
    ask: QueryEx[bool, P(description="false: Salesforce is not asked, and nothing is compared.")] = True,
) -> dict[str, Any]:
    """Where Salesforce cannot be asked, `said` tells why, and the rest is there all the same."""
    row = Customer.objects.filter(pk=st_customer_id).only("name").first()
    if row is None:
        raise Http404(f"There is no customer {st_customer_id} in the mirror.")
    found, asked, said = _looked(st_customer_id, ask)
    org = Org.objects.order_by("-seen_at").defer("objects_described").first()
    entries = SyncLog.objects.filter(st_customer_id=st_customer_id).order_by("-id")[:LOGGED]
    return {
        "customer_id": st_customer_id, "name": row.name or "", "asked_salesforce": asked, "said": said,
        "objects": [_object(side, org) for side in found], "log": shown(entries),
    }  # fmt: skip


def _looked(customer_id: int, ask: bool) -> tuple[list[Side], bool, str]:
    if ask:
        try:
            return sides(customer_id, connect.client(), Stats()), True, ""
        except SalesforceError as error:
            return sides(customer_id, None, Stats()), False, str(error)
    return sides(customer_id, None, Stats()), False, ""


def _object(side: Side, org: Org | None) -> dict[str, Any]:
    row, wanted = side.row, side.wanted
    sf_id = row.sf_id if row else None
    return {
        "object": side.kind.sobject, "state": row.state if row else "new", "reason": side.reason, "sf_id": sf_id,
        "link": link(org, sf_id), "sent_at": row.sent_at if row else None, "wanted": wanted.values if wanted else None,
        "notes": wanted.notes if wanted else [], "there": side.there, "differs": side.differs,
    }  # fmt: skip
