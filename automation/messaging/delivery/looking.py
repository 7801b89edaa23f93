"""The last look: right before a message leaves, in the transaction that claims it, everything is asked again.

What can never be right again drops it; what will pass holds it, and the rule that holds it is kept with it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings

from automation.messaging import consent
from automation.messaging.delivery import epochs, freshness, limits, redirect
from automation.messaging.delivery.decisions import Decision, Dropped, Held, Ready
from automation.messaging.hours import Place, company, verdict
from automation.messaging.models import Address, Message, TemplateVersion
from automation.messaging.wording import facts, rendering, templates
from automation.workflows import stored
from automation.workflows.conditions import EVERYTHING, holds_for
from automation.workflows.definitions import Definition
from automation.workflows.evidence import values_of
from automation.workflows.models import Run
from servicetitan.models import Customer

A_WHILE = timedelta(minutes=10)
SMS, EMAIL, STAFF = "sms", "email", "staff"


def look(message: Message, now: datetime, epoch: int) -> Decision:
    """Anything but Ready says why not, in a sentence."""
    if message.expires_at is not None and message.expires_at <= now:
        return Dropped(f"Its time was over.{f' It was held: {message.held_by}' if message.held_by else ''}", late=True)
    version = templates.current(message.template)
    if version is None or version.template.kind != message.kind:
        return Held(now + A_WHILE, f"There is no template {message.template} for {message.kind}.")
    message.purpose = version.template.purpose
    if redirect.is_on() and not redirect.instead_of(message.kind):
        return Held(now + A_WHILE, f"MESSAGING_REDIRECT_ALL_TO has no address for {message.kind}.")
    for ask in (_workflow, record_stands, customer_stands):
        if (no := ask(message, now)) is not None:
            return no
    return _to_staff(message, version, now) if message.kind == STAFF else _to_customer(message, version, now, epoch)


def _workflow(message: Message, now: datetime) -> Decision | None:
    run = Run.objects.select_related("workflow", "version").filter(messages=message).first()
    if run is None:
        return None
    if not run.workflow.enabled:
        return Held(now + A_WHILE, f"The workflow {run.workflow.name} is switched off.")
    definition = stored.read_version(run.version)
    if definition is None:
        return Held(now + A_WHILE, "This hub does not understand the workflow's version.")
    return reached(definition, message, now)


def reached(definition: Definition, message: Message, now: datetime) -> Decision | None:
    goal = definition.goal
    if goal is not None and holds_for(definition.entity, goal, [message.entity_id], now):
        seen = values_of(definition.entity, goal, [message.entity_id])
        return Dropped("The goal is reached: it is not needed any more.", data=seen)
    return None


def record_stands(message: Message, now: datetime) -> Decision | None:
    if not holds_for(message.entity, EVERYTHING, [message.entity_id], now):
        return Dropped(f"The {message.entity} is gone from ServiceTitan.")
    condition = None if message.effect is None else message.effect.condition
    if condition is not None and not holds_for(message.entity, condition, [message.entity_id], now):
        seen = values_of(message.entity, condition, [message.entity_id])
        return Dropped(f"What it says about the {message.entity} does not hold any more.", data=seen)
    return None


def customer_stands(message: Message, now: datetime) -> Decision | None:
    customer = Customer.objects.filter(pk=message.customer_id or 0).only("id", "active", "merged_to_id", "deleted_at").first()
    if customer is None or customer.deleted_at is not None:
        return Dropped("The customer is gone from ServiceTitan.")
    if customer.merged_to_id is not None:
        return Dropped(f"The customer was merged into customer {customer.merged_to_id}.")
    return Dropped("The customer is not active any more.") if customer.active is False else None


def _to_staff(message: Message, version: TemplateVersion, now: datetime) -> Decision:
    if not settings.MESSAGING_STAFF_EMAIL:
        return Held(now + A_WHILE, "MESSAGING_STAFF_EMAIL is not set: nobody is told.")
    if late := freshness.too_old(message, now):
        return Held(now + freshness.LOOK_AGAIN, late)
    return written(message, version, settings.MESSAGING_STAFF_EMAIL, now)


def _to_customer(message: Message, version: TemplateVersion, now: datetime, epoch: int) -> Decision:
    address, why = address_of(message)
    if not address:
        return Dropped(why)
    asked: tuple[Callable[[], Decision | None], ...] = (
        partial(_epoch, message, address, epoch), partial(_fresh, message, now), partial(hours_of, message, address, now),
        partial(_limits, message, address, now),
    )  # fmt: skip
    for ask in asked:
        if (no := ask()) is not None:
            return no
    return written(message, version, address, now)


def address_of(message: Message) -> tuple[str, str]:
    """The customer's best address that may be written to, or why there is none."""
    rows = Address.objects.filter(customer_id=message.customer_id, channel=message.kind).order_by("-mobile", "contact_id")
    names = list(dict.fromkeys(rows.values_list("address", flat=True)))
    if not names:
        return "", f"The customer has no address for {message.kind}."
    words = consent.newest([(message.kind, name) for name in names])
    stands = [consent.judged(words.get((message.kind, name, message.purpose), []), message.purpose) for name in names]
    chosen = next((name for name, stand in zip(names, stands, strict=True) if stand.allowed), "")
    return chosen, "" if chosen else stands[0].why


def _epoch(message: Message, address: str, epoch: int) -> Decision | None:
    if epochs.left_before(message, address, epoch):
        return Dropped("It had left before the database was restored from a backup.")
    return None


def _fresh(message: Message, now: datetime) -> Decision | None:
    late = freshness.too_old(message, now)
    return Held(now + freshness.LOOK_AGAIN, late) if late else None


def hours_of(message: Message, address: str, now: datetime) -> Decision | None:
    customer = Customer.objects.only("state", "zip", "country").get(pk=message.customer_id or 0)
    place = Place(
        country=customer.country or "", state=customer.state or "", zip=customer.zip or "",
        phone=address if message.kind == SMS else "",
    )  # fmt: skip
    found = verdict(now, place, message.kind, message.purpose, company())
    return None if found.allowed or found.when is None else Held(found.when, found.rule)


def _limits(message: Message, address: str, now: datetime) -> Decision | None:
    limits.one_at_a_time(message.customer_id, address)
    found = limits.held(message, address, now)
    return None if found is None else Held(*found)


def written(message: Message, version: TemplateVersion, address: str, now: datetime) -> Decision:
    known = facts.facts_of(message.entity, [message.entity_id], now).get(message.entity_id, {})
    try:
        text = rendering.render(version, known)
    except (rendering.Unwritable, rendering.NotSetUp) as bad:  # whoever mends it shall not find it dropped
        return Held(now + A_WHILE, f"The template {message.template} cannot be filled in: {bad}")
    except rendering.Missing as bad:
        return Dropped(f"The template {message.template} cannot be filled in: {bad}")
    cost = rendering.cost_of(text.segments) if text.segments else None
    return Ready(address, text.subject, text.body, message.purpose, version, text.segments, cost)
