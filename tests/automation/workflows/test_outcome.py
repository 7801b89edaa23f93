"""What a workflow brought in: which money counts, for which run, and whether the interval keeps what it promises."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from automation.workflows.models import Event, Run, Trace, Version
from automation.workflows.outcome import Outcome, outcome_of
from automation.workflows.outcome.interval import CONTROL, TREATED, Sample, quantile
from automation.workflows.outcome.report import LEAST, NO_CONTROL, money
from automation.workflows.outcome.revenue import Sum
from automation.workflows.stored import Current
from config.isolation.actor import acting_as
from tests.automation.workflows.conftest import Desk, sms, wait
from tests.mirror import customer, estimate, load

SPLIT = {"do": "split", "control_percent": 50}


def sample_of(rows: Iterator[tuple[int, bool, float]], percent: int = 10) -> Sample:
    """From customer, whether in the control group, and amount of each run."""
    found: dict[tuple[int, str], list[float]] = {}
    for owner, is_control, amount in rows:
        found.setdefault((owner, CONTROL if is_control else TREATED), []).append(amount)
    sample = Sample()
    sample.read(Sum(owner, True, side, percent, len(part), sum(a > 0 for a in part), sum(part))
                for (owner, side), part in sorted(found.items()))  # fmt: skip
    return sample


def chance(
    rng: random.Random, customers: int, controls: float, sold: float, skew: float, most: int
) -> Iterator[tuple[int, bool, float]]:
    """Nothing of it depends on the group. A customer's runs resemble each other: half of them repeat the first."""
    for owner in range(customers):
        first = rng.lognormvariate(8, skew) if rng.random() < sold else 0.0
        for _ in range(rng.randint(1, most)):
            own = rng.lognormvariate(8, skew) if rng.random() < sold else 0.0
            yield owner, rng.random() < controls, first if rng.random() < 0.5 else own


@pytest.mark.parametrize(
    ("customers", "controls", "sold", "skew", "most"),
    [
        (80, 0.5, 0.15, 1.0, 1), (150, 0.2, 0.1, 1.5, 1), (300, 0.1, 0.05, 1.0, 1), (300, 0.1, 0.1, 1.5, 3),
        (250, 0.3, 0.1, 1.0, 3),
    ],
)  # fmt: skip
def test_where_nothing_was_done_95_of_100_intervals_contain_zero(
    customers: int, controls: float, sold: float, skew: float, most: int
) -> None:
    rng = random.Random(f"{customers} {controls} {most}")
    found = [sample_of(chance(rng, customers, controls, sold, skew, most)).difference() for _ in range(300)]
    kept = [interval for interval in found if interval is not None]
    assert len(kept) == 300
    assert 0.90 <= sum(interval.contains_zero for interval in kept) / 300 <= 0.985


def test_an_effect_that_is_there_is_found() -> None:
    rng = random.Random(3)
    rows = [(owner, owner % 3 == 0, (1000.0 if rng.random() < (0.2 if owner % 3 == 0 else 0.4) else 0.0)) for owner in range(900)]
    interval = sample_of(iter(rows)).difference()
    assert interval is not None and interval.low > 0 and interval.low < 200 < interval.high


def test_runs_of_one_customer_are_no_more_than_he_knows() -> None:
    """Ten runs each that say all the same make the interval no narrower than one each."""
    rng = random.Random(4)
    once = [(owner, owner % 2 == 0, 1000.0 if rng.random() < 0.3 else 0.0) for owner in range(200)]
    one, ten = sample_of(iter(once)).difference(), sample_of(row for row in once for _ in range(10)).difference()
    assert one is not None and ten is not None
    assert (ten.low, ten.high) == pytest.approx((one.low, one.high))


def test_groups_are_compared_within_a_share_of_controls() -> None:
    """A good season with few controls behind a bad one with many: pooled it would be a success, and is none."""
    bad = [Sum(owner, True, CONTROL if owner % 2 else TREATED, 50, 1, 0, 0.0) for owner in range(100)]
    good = [Sum(owner, True, CONTROL if owner % 10 == 0 else TREATED, 10, 1, 1, 500.0) for owner in range(100, 200)]
    sample = Sample()
    sample.read([*bad, *good])
    interval = sample.difference()
    assert interval is not None and interval.point == 0 and sample.compared() == 140
    assert sample.groups[TREATED].mean > sample.groups[CONTROL].mean + 200


def test_what_has_no_counterpart_is_not_compared() -> None:
    sample = Sample()
    sample.read(Sum(owner, True, TREATED if owner % 2 else CONTROL, 50 if owner % 2 else 10, 1, 0, 5.0) for owner in range(100))
    assert sample.difference() is None and sample.compared() == 0


@pytest.mark.parametrize(("freedom", "exact"), [(5, 2.5706), (10, 2.2281), (40, 2.0211), (1000, 1.9623)])
def test_quantiles(freedom: int, exact: float) -> None:
    assert quantile(freedom) == pytest.approx(exact, rel=2e-3)


@pytest.mark.parametrize(("amount", "said"), [(1234.5, "$1,234"), (-1200, "-$1,200"), (-0.2, "$0"), (0, "$0")])
def test_money_in_words(amount: float, said: str) -> None:
    assert money(amount) == said


def invoice(id: int, owner: int, total: float, balance: float = 0, *, job: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "active": True, "customer": {"id": owner}, "job": {"id": job} if job else None, "total": str(total),
        "subTotal": str(total), "balance": str(balance), "invoiceDate": "2020-01-01T00:00:00Z",
    } | more  # fmt: skip


def begun(one: Current, entity_id: int, owner: int | None, at: datetime, side: str = "", percent: int = 50, **data: Any) -> Run:
    """A run as the engine leaves it; with a `side`, one that was split."""
    kind, entity = one.definition.event, one.definition.entity
    event = Event.objects.create(
        key=f"{entity_id} {at}", kind=kind, entity=entity, entity_id=entity_id, customer_id=owner, happened_at=at, noted_at=at,
        handled_at=at, data=data,
    )  # fmt: skip
    run = Run.objects.create(
        workflow=one.workflow, version=one.version, event=event, entity=entity, entity_id=entity_id, customer_id=owner,
        state="done", started_at=at, group=side or "treated",
    )  # fmt: skip
    if side:
        Trace.objects.create(
            at=at, workflow=one.workflow, run=run, entity=entity, entity_id=entity_id, customer_id=owner, what="split",
            data={"group": side, "percent": percent},
        )  # fmt: skip
    return run


@pytest.mark.django_db(transaction=True, databases="__all__")
class TestOutcome:
    def test_from_entering_to_the_verdict(self, desk: Desk) -> None:
        """Through the engine: everybody in the treated group buys, a few others do."""
        one = desk.workflow([SPLIT, sms("x")])
        ids = range(1, 121)
        load("customers", *(customer(id) for id in ids))
        load("estimates", *(estimate(id, id) for id in ids))
        desk.listen()
        desk.go()
        treated = set(Run.objects.filter(group="treated").values_list("entity_id", flat=True))
        buyers = treated | {id for id in ids if id % 10 == 0}
        sold_on = (desk.now + timedelta(days=3)).isoformat()
        load("estimates", *(estimate(id, id, "Sold", soldOn=sold_on) for id in buyers))
        found = outcome_of(one.workflow, desk.now + timedelta(days=30))
        assert (found.treated.runs, found.treated.customers, found.treated.rate) == (len(treated), len(treated), 1.0)
        assert found.control.runs == 120 - len(treated) and found.control.successes == len(buyers - treated)
        assert found.lift and found.recovered and found.verdict == "more"
        assert found.lift.point == pytest.approx(1000 - 1000 * len(buyers - treated) / found.control.runs)
        assert found.recovered.point == pytest.approx(found.lift.point * len(treated))
        assert found.sentence.startswith("Between $") and found.sentence.endswith("more than without (95 %).")

    def test_only_runs_whose_window_is_over(self, desk: Desk) -> None:
        one = desk.workflow([SPLIT, sms("x")])
        begun(one, 1, 1, desk.now, "treated")
        begun(one, 2, 2, desk.now + timedelta(seconds=1), "treated")
        found = outcome_of(one.workflow, desk.now + timedelta(days=10), timedelta(days=10))
        assert found.treated.runs == 1 and found.window_days == 10
        assert "1 runs began less than 10 days ago and are not counted yet." in found.notes

    def test_the_estimate_itself_once_and_in_its_window(self, desk: Desk) -> None:
        one = desk.workflow([SPLIT, sms("x")])

        def sold(id: int, days: float, **more: Any) -> dict[str, Any]:
            return estimate(id, 1, "Sold", 10**id, soldOn=(desk.now + timedelta(days=days)).isoformat(), **more)

        load("estimates", sold(1, 0), sold(2, 29.9), sold(3, 30), sold(4, -0.1), estimate(5, 1), sold(6, 1, active=False))
        for id in range(1, 7):
            begun(one, id, 1, desk.now, "treated")
        begun(one, 2, 1, desk.now + timedelta(days=20), "treated")  # entered again: the sale is this run's
        found = outcome_of(one.workflow, desk.now + timedelta(days=60))
        assert (found.treated.runs, found.treated.successes, found.treated.customers) == (7, 2, 1)
        assert found.treated.mean_revenue == pytest.approx(110 / 7)

    def test_everybody_who_was_split_is_counted_and_nobody_else(self, desk: Desk) -> None:
        """The goal reached before the split says nothing about what was sent, whatever the run's column says."""
        one = desk.workflow([wait("1d"), SPLIT, sms("x")])
        load("estimates", *(estimate(id, id, "Sold", 100, soldOn=desk.now.isoformat()) for id in (1, 2, 3)))
        begun(one, 1, 1, desk.now)
        begun(one, 2, 2, desk.now, "treated")
        begun(one, 3, 3, desk.now, "control")
        found = outcome_of(one.workflow, desk.now + timedelta(days=30))
        assert (found.treated.runs, found.control.runs) == (1, 1)
        assert any(note.startswith("1 runs were never split") for note in found.notes)

    def test_the_first_split_counts(self, desk: Desk) -> None:
        one = desk.workflow([SPLIT, sms("x")])
        run = begun(one, 1, 1, desk.now, "control", 10)
        Trace.objects.create(
            at=desk.now, workflow=one.workflow, run=run, entity="estimate", entity_id=1, what="split",
            data={"group": "treated", "percent": 5},
        )  # fmt: skip
        assert outcome_of(one.workflow, desk.now + timedelta(days=30)).control.runs == 1

    def test_without_a_control_group(self, desk: Desk) -> None:
        one = desk.workflow([sms("x")])
        for id in range(1, 50):
            begun(one, id, id, desk.now)
        load("estimates", estimate(1, 1, "Sold", 490, soldOn=desk.now.isoformat()))
        found = outcome_of(one.workflow, desk.now + timedelta(days=30))
        assert (found.sentence, found.verdict, found.lift) == (NO_CONTROL, None, None)
        assert (found.treated.runs, found.treated.mean_revenue) == (49, 10)

    @pytest.mark.parametrize(("controls", "said"), [(LEAST - 1, "Too few to say: 19 in the control"), (LEAST, "Nothing was")])
    def test_too_few(self, desk: Desk, controls: int, said: str) -> None:
        one = desk.workflow([SPLIT, sms("x")])
        for id in range(1, 61):
            begun(one, id, id, desk.now, "control" if id <= controls else "treated")
        found = outcome_of(one.workflow, desk.now + timedelta(days=30))
        assert found.sentence.startswith(said) and found.verdict is None and found.lift is not None

    def test_an_interval_with_zero_in_it_is_no_verdict(self, desk: Desk) -> None:
        one = desk.workflow([SPLIT, sms("x")])
        for id in range(1, 61):
            begun(one, id, id, desk.now, "control" if id % 2 else "treated")
        load("estimates", *(estimate(id, id, "Sold", soldOn=desk.now.isoformat()) for id in (1, 2, 4)))
        found = outcome_of(one.workflow, desk.now + timedelta(days=30))
        assert found.verdict is None and found.lift is not None and found.lift.point > 0
        assert found.sentence.startswith("Between -$") and found.sentence.endswith("(95 %); too few to say.")

    def test_money_of_a_customer_counts_each_job_once(self, desk: Desk) -> None:
        one = desk.workflow([SPLIT, sms("x")], event="job.completed")
        begun(one, 7, 1, desk.now - timedelta(days=3), "treated")
        begun(one, 8, 1, desk.now, "treated")
        then = (desk.now + timedelta(days=2)).isoformat()
        load("jobs", {"id": 60, "active": True, "customerId": 1, "createdFromEstimateId": 1})
        load(
            "invoices",
            invoice(1, 1, 1_000_000, job=50, paidOn=then),  # of the sold estimate's job
            invoice(2, 1, 2_000_000, job=60, paidOn=then),  # of the job that was made of it
            invoice(3, 1, 10, job=51, paidOn=then),
            invoice(4, 1, 20, paidOn=then),
            invoice(5, 1, 4_000_000, 1, job=52, paidOn=then),  # something is owed
            invoice(6, 1, 8_000_000, job=53, paidOn=(desk.now + timedelta(days=30)).isoformat()),
            invoice(7, 2, 9_000_000, job=54, paidOn=then),  # another customer's
            invoice(8, 1, -50, job=55, paidOn=then),
        )
        load("estimates", estimate(1, 1, "Sold", 500, jobId=50, soldOn=then), estimate(2, 1, "Open", 7, jobId=51))
        found = outcome_of(one.workflow, desk.now + timedelta(days=30))
        assert (found.counted, found.treated.successes, found.treated.customers) == ("customer", 1, 1)
        assert found.treated.mean_revenue * 2 == 530

    @pytest.mark.parametrize(
        ("paid_on", "seen", "counts"),
        [
            (None, 5, True), (None, -5, False), (None, None, False),  # its own date is long ago
            (4.5, 5, True), (29.5, 31, False), (29, 35, True), (-400, 5, False), (5, None, True), (-5, None, False),
        ],
    )  # fmt: skip
    def test_when_it_was_paid(self, desk: Desk, paid_on: float | None, seen: float | None, counts: bool) -> None:
        one = desk.workflow([SPLIT, sms("x")], event="customer.created")
        begun(one, 1, 1, desk.now, "treated")
        load("invoices", invoice(3, 1, 100, paidOn=None if paid_on is None else (desk.now + timedelta(days=paid_on)).isoformat()))
        if seen is not None:
            at = desk.now + timedelta(days=seen)
            Event.objects.create(key="p", kind="invoice.paid", entity="invoice", entity_id=3, happened_at=at, noted_at=at)
        assert outcome_of(one.workflow, desk.now + timedelta(days=30)).treated.mean_revenue == (100 if counts else 0)

    def test_what_was_owed_on_the_invoice_at_the_beginning(self, desk: Desk) -> None:
        one = desk.workflow([SPLIT, sms("x")], event="invoice.overdue", trigger={"event": "invoice.overdue", "days": 7})
        then = (desk.now + timedelta(days=2)).isoformat()
        load("invoices", invoice(1, 1, 500, paidOn=then), invoice(2, 1, 800, 100, paidOn=then), invoice(3, 1, 70, paidOn=then))
        begun(one, 1, 1, desk.now, "treated", balance="200.50")
        begun(one, 2, 1, desk.now, "treated", balance="800")
        found = outcome_of(one.workflow, desk.now + timedelta(days=30))
        assert (found.counted, found.treated.successes, found.treated.mean_revenue) == ("invoice", 1, 100.25)

    @pytest.mark.parametrize("event", ["estimate.sold", "invoice.paid"])
    def test_what_made_them_enter_is_not_what_is_counted(self, desk: Desk, event: str) -> None:
        one = desk.workflow([SPLIT, sms("x")], event=event)
        begun(one, 1, 1, desk.now, "treated")
        load("estimates", estimate(1, 1, "Sold", 5, soldOn=(desk.now - timedelta(days=1)).isoformat()),
             estimate(2, 1, "Sold", 70, soldOn=desk.now.isoformat()))  # fmt: skip
        assert outcome_of(one.workflow, desk.now + timedelta(days=30)).treated.mean_revenue == 70

    def test_records_without_a_customer_stand_for_themselves(self, desk: Desk) -> None:
        one = desk.workflow([SPLIT, sms("x")])
        for id in (1, 2):
            begun(one, id, None, desk.now, "treated")
        assert outcome_of(one.workflow, desk.now + timedelta(days=30)).treated.customers == 2

    def test_whoever_only_reads_sees_it_too(self, desk: Desk) -> None:
        one = desk.workflow([SPLIT, sms("x")])
        with acting_as("backoffice"):
            assert isinstance(outcome_of(one.workflow, desk.now), Outcome)

    def test_by_command(self, desk: Desk) -> None:
        def command(*arguments: str) -> str:
            out = StringIO()
            call_command("run_workflows", *arguments, stdout=out)
            return out.getvalue()

        one = desk.workflow([SPLIT, sms("x")])
        for id in range(1, 61):
            begun(one, id, id, desk.now - timedelta(days=31), "control" if id % 2 else "treated")
        load("estimates", estimate(2, 2, "Sold", 3000, soldOn=desk.now.isoformat()))
        told = command("--outcome=test")
        assert told.startswith("test: Nothing was sold") and "30 runs of 30 customers, 0 with success (0.0%), $0 a run" in told
        assert json.loads(command("--outcome=test", "--json"))["control"]["runs"] == 30
        with pytest.raises(CommandError, match="There is no workflow 'nothing'"):
            command("--outcome=nothing")
        Version.objects.using("owner").filter(pk=one.version.pk).update(content={"from": "the future"})
        with pytest.raises(CommandError, match="test: Version 1 of the workflow cannot be read"):
            command("--outcome=test")
