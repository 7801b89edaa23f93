"""Jobs and their appointments. Source: ServiceTitan JPM API v2, `ExportJobsResponse` and `ExportAppointmentsResponse`."""

from django.db import models

from config.isolation.names import qualified
from servicetitan.columns import Flag, Json, Moment, Numeric, Reference, Text, Whole
from servicetitan.models.base import MirroredRecord
from servicetitan.models.crm import Customer
from servicetitan.models.reference import BusinessUnit, JobType, Technician


class Job(MirroredRecord):
    job_number = Text("jobNumber")
    customer = Reference("customerId", Customer, related_name="jobs", db_index=True)
    location_id = Whole("locationId")
    business_unit = Reference("businessUnitId", BusinessUnit, related_name="jobs")
    job_type = Reference("jobTypeId", JobType, related_name="jobs")
    campaign_id = Whole("campaignId")
    project_id = Whole("projectId")
    job_status = Text("jobStatus")
    completed_on = Moment("completedOn")
    priority = Text("priority")
    appointment_count = Whole("appointmentCount")
    first_appointment_id = Whole("firstAppointmentId")
    last_appointment_id = Whole("lastAppointmentId")
    recall_for_id = Whole("recallForId")
    warranty_id = Whole("warrantyId")
    lead_source_job_id = Whole("jobGeneratedLeadSource.jobId")
    lead_source_employee_id = Whole("jobGeneratedLeadSource.employeeId")
    no_charge = Flag("noCharge")
    notifications_enabled = Flag("notificationsEnabled")
    created_by_id = Whole("createdById")
    lead_call_id = Whole("leadCallId")
    partner_lead_call_id = Whole("partnerLeadCallId")
    booking_id = Whole("bookingId")
    sold_by = Reference("soldById", Technician, related_name="sold_jobs")
    customer_po = Text("customerPo")
    invoice_id = Whole("invoiceId")
    membership_id = Whole("membershipId")
    total = Numeric("total")
    created_from_estimate_id = Whole("createdFromEstimateId")
    is_auto_dispatched = Flag("isAutoDispatched")
    summary = Text("summary")
    summary_of_work = Text("summaryOfWork")
    tag_type_ids = Json("tagTypeIds")
    estimate_ids = Json("estimateIds")

    class Meta:
        db_table = qualified("servicetitan", "st_jobs")
        indexes = [
            models.Index(fields=["job_number"], name="st_jobs_number"),
            models.Index(
                fields=["created_from_estimate_id"],
                name="st_jobs_estimate",
                condition=models.Q(created_from_estimate_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.job_number or self.pk}"


class Appointment(MirroredRecord):
    job = Reference("jobId", Job, related_name="appointments", db_index=True)
    customer = Reference("customerId", Customer, related_name="appointments")
    appointment_number = Text("appointmentNumber")
    start = Moment("start", db_index=True)
    end = Moment("end")
    arrival_window_start = Moment("arrivalWindowStart")
    arrival_window_end = Moment("arrivalWindowEnd")
    status = Text("status")
    special_instructions = Text("specialInstructions")
    created_by_id = Whole("createdById")
    unused = Flag("unused")
    is_confirmed = Flag("isConfirmed")

    class Meta:
        db_table = qualified("servicetitan", "st_appts")

    def __str__(self) -> str:
        return f"appointment {self.appointment_number or self.pk}"
