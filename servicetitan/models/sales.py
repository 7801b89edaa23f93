"""Estimates. Source: ServiceTitan Sales & Estimates API v2, `ExportEstimatesResponse`."""

from decimal import Decimal

from django.db import models

from config.isolation.names import qualified
from servicetitan.columns import Flag, Moment, Numeric, Reference, Text, Whole
from servicetitan.models.base import MirroredRecord
from servicetitan.models.crm import Customer
from servicetitan.models.jobs import Job
from servicetitan.models.reference import BusinessUnit, Technician


class Estimate(MirroredRecord):
    job = Reference("jobId", Job, related_name="estimates", db_index=True)
    customer = Reference("customerId", Customer, related_name="estimates", db_index=True)
    project_id = Whole("projectId")
    location_id = Whole("locationId")
    name = Text("name")
    job_number = Text("jobNumber")
    status_value = Whole("status.value")
    status = Text("status.name")
    review_status = Text("reviewStatus")
    summary = Text("summary")
    sold_on = Moment("soldOn")
    sold_by = Reference("soldBy", Technician, related_name="sold_estimates")
    subtotal = Numeric("subtotal")
    tax = Numeric("tax")
    business_unit = Reference("businessUnitId", BusinessUnit, related_name="estimates")
    business_unit_name = Text("businessUnitName")
    is_recommended = Flag("isRecommended")
    is_change_order = Flag("isChangeOrder")
    budget_code_id = Whole("budgetCodeId")
    proposal_tag_name = Text("proposalTagName")
    deposit_amount = Numeric("depositAmount")
    deposit_percent = Numeric("depositPercent")
    require_deposit_on_signature = Flag("requireDepositOnSignature")

    class Meta:
        db_table = qualified("servicetitan", "st_estimates")

    def __str__(self) -> str:
        return self.name or f"estimate {self.pk}"

    @property
    def total(self) -> Decimal | None:
        """ServiceTitan sends no total: it is subtotal and tax."""
        if self.subtotal is None and self.tax is None:
            return None
        return (self.subtotal or Decimal(0)) + (self.tax or Decimal(0))


class EstimateItem(models.Model):
    """A line of an estimate: a view over the estimate's record, so it can never disagree with it."""

    id = models.BigIntegerField(primary_key=True)
    estimate = models.ForeignKey(Estimate, models.DO_NOTHING, db_constraint=False, related_name="items")
    sku_id = models.BigIntegerField(null=True)
    sku_name = models.TextField(null=True)
    display_name = models.TextField(null=True)
    sku_type = models.TextField(null=True)
    description = models.TextField(null=True)
    qty = Numeric()
    unit_rate = Numeric()
    total = Numeric()
    unit_cost = Numeric()
    total_cost = Numeric()
    item_group_name = models.TextField(null=True)
    invoice_item_id = models.BigIntegerField(null=True)
    chargeable = models.BooleanField(null=True)

    class Meta:
        managed = False
        db_table = qualified("servicetitan", "st_estimate_items")

    def __str__(self) -> str:
        return self.display_name or self.sku_name or f"item {self.pk}"
