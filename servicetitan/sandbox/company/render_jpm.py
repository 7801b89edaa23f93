"""Jobs and appointments as the jpm module writes them (OpenAPI document tenant-jpm-v2)."""

from typing import Any

from config.sandbox import moments
from config.sandbox.chance import mix, salt
from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.money import Books
from servicetitan.sandbox.company.reference import (
    FIELD_VALUES,
    JOB_FIELDS,
    business_unit_id,
    campaign_id,
    field_id,
    job_type_id,
)
from servicetitan.sandbox.company.render_crm import tags
from servicetitan.sandbox.company.staff import Staff
from servicetitan.sandbox.company.state import State
from servicetitan.sandbox.company.trade import INSTRUCTIONS, JOB_TYPES, NOTES, SUMMARIES

Row = dict[str, Any]


class JpmRows:
    def __init__(self, seed: int, state: State, books: Books, staff: Staff) -> None:
        self._state = state
        self._books = books
        self._staff = staff
        self._salt = salt(seed, "jpm rows")
        self._customer = state.customers.ids.of
        self._location = state.locations.ids.of
        self._job = state.jobs.ids.of
        self._appointment = state.appointments.ids.of
        self._estimate = state.estimates.ids.of
        self._invoice = state.invoices.ids.of

    def job(self, job: facts.Job) -> Row:
        """The export's form: lists and single records leave `active` out."""
        luck = mix(self._salt ^ job.position)
        return {**self._work(job, luck), **self._links(job, luck), **self._record(job, luck)}

    def _work(self, job: facts.Job, luck: int) -> Row:
        type_number = self._books.job_type(job.position)
        kind = JOB_TYPES[type_number]
        return {
            "summary": _summary(luck, kind.name),
            "customFields": _custom_fields(luck),
            "externalData": [],
            "summaryOfWork": None,
            "jobStatus": job.status,
            "completedOn": moments.text_or_none(job.completed),
            "businessUnitId": business_unit_id(kind.unit),
            "jobTypeId": job_type_id(type_number),
            "priority": kind.priority,
            "campaignId": campaign_id(luck >> 14),
            "noCharge": luck >> 24 & 31 == 0,
            "notificationsEnabled": luck >> 29 & 7 != 0,
            "tagTypeIds": tags(luck >> 36),
            "customerPo": "" if luck >> 53 & 15 else f"PO-{luck % 90000 + 10000}",
            "total": self._total(job, luck),
            "isAutoDispatched": luck >> 61 & 3 == 0,
        }

    def _links(self, job: facts.Job, luck: int) -> Row:
        earlier = None if job.earlier is None else self._job(job.earlier)
        recall = luck >> 8 & 1 == 0
        return {
            "projectId": None if luck >> 9 & 15 else 900_001 + (luck >> 13) % 5_000,
            "customerId": self._customer(job.customer),
            "locationId": self._location(job.location),
            "appointmentCount": len(job.appointments),
            "firstAppointmentId": self._appointment(job.appointments[0]),
            "lastAppointmentId": self._appointment(job.appointments[-1]),
            "recallForId": earlier if recall else None,
            "warrantyId": None if recall else earlier,
            "jobGeneratedLeadSource": None if luck >> 18 & 63 else {"jobId": None, "employeeId": None},
            "leadCallId": None if luck >> 44 & 1 else 5_000_000 + job.position * 3,
            "partnerLeadCallId": None,
            "bookingId": None if luck >> 45 & 7 else 6_000_000 + job.position * 5,
            "soldById": self._staff.technician_id(luck >> 48) if job.estimates and luck >> 52 & 1 else None,
            "invoiceId": self._invoice(job.invoice),
            "membershipId": None if luck >> 57 & 3 else 7_000_000 + job.customer,
            "createdFromEstimateId": None if job.from_estimate is None else self._estimate(job.from_estimate),
            "estimateIds": [self._estimate(estimate) for estimate in job.estimates],
            "equipmentIds": [] if luck >> 59 & 3 else [8_000_000 + job.location],
        }

    def _record(self, job: facts.Job, luck: int) -> Row:
        number = self._job(job.position)
        return {
            "id": number,
            "jobNumber": str(number),
            "createdOn": moments.text(job.created),
            "createdById": self._staff.user_id(luck >> 32),
            "modifiedOn": moments.text(job.modified),
            "active": job.active,
        }

    def _total(self, job: facts.Job, luck: int) -> float:
        """0, not null, where nothing was recorded: 41 % of completed jobs (contract, trap 10)."""
        if job.status != "Completed" or luck >> 40 & 15 < 5:
            return 0.0
        return self._books.job_total(job) / 100

    def appointment(self, appointment: facts.Appointment) -> Row:
        luck = mix(self._salt ^ appointment.position ^ 1 << 40)
        job = self._job(appointment.job)
        windowed = luck & 7 != 0
        return {
            "appointmentSummaries": None,
            "id": self._appointment(appointment.position),
            "jobId": job,
            "appointmentNumber": f"{job}-{appointment.ordinal + 1}",
            "start": moments.text(appointment.start),
            "end": moments.text(appointment.end),
            "arrivalWindowStart": moments.text(appointment.start) if windowed else None,
            "arrivalWindowEnd": moments.text(appointment.start + 2 * moments.HOUR) if windowed else None,
            "status": appointment.status,
            "specialInstructions": None if luck >> 3 & 3 else INSTRUCTIONS[(luck >> 5) % len(INSTRUCTIONS)],
            "createdOn": moments.text(appointment.created),
            "modifiedOn": moments.text(appointment.modified),
            "customerId": self._customer(appointment.customer),
            "unused": appointment.status == "Scheduled" and luck >> 8 & 31 == 0,
            "createdById": self._staff.user_id(luck >> 16),
            "isConfirmed": appointment.confirmed,
            "active": appointment.active,
        }


def _summary(luck: int, what: str) -> str | None:
    if luck & 15 == 0:
        return None
    return SUMMARIES[(luck >> 4) % len(SUMMARIES)].format(what=what) + NOTES[luck >> 54 & 1]


def _custom_fields(luck: int) -> list[Row]:
    count = (0, 0, 1, 2)[luck >> 20 & 3]
    return [
        {"typeId": field_id("job", n), "name": name, "value": FIELD_VALUES[name][(luck >> 22) % 3]}
        for n, (name, _) in enumerate(JOB_FIELDS[:count])
    ]
