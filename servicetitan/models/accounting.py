"""Invoices. Money comes as text there, and related records nested.

Source: ServiceTitan Accounting API v2, `ExportInvoiceResponse`.
"""

from django.db import models

from config.isolation.names import qualified
from servicetitan.columns import Moment, Numeric, Reference, Text, Whole
from servicetitan.models.base import MirroredRecord
from servicetitan.models.crm import Customer
from servicetitan.models.jobs import Job
from servicetitan.models.reference import BusinessUnit


class Invoice(MirroredRecord):
    customer = Reference("customer.id", Customer, related_name="invoices", db_index=True)
    customer_name = Text("customer.name")
    job = Reference("job.id", Job, related_name="invoices", db_index=True)
    job_number = Text("job.number")
    job_type = Text("job.type")
    business_unit = Reference("businessUnit.id", BusinessUnit, related_name="invoices")
    business_unit_name = Text("businessUnit.name")
    location_id = Whole("location.id")
    location_name = Text("location.name")
    reference_number = Text("referenceNumber")
    invoice_date = Moment("invoiceDate")
    due_date = Moment("dueDate")
    paid_on = Moment("paidOn")
    deposited_on = Moment("depositedOn")
    subtotal = Numeric("subTotal")
    sales_tax = Numeric("salesTax")
    total = Numeric("total")
    balance = Numeric("balance")
    discount_total = Numeric("discountTotal")
    sales_tax_code_name = Text("salesTaxCode.name")
    sales_tax_rate = Numeric("salesTaxCode.taxRate")
    tax_zone_id = Whole("taxZoneId")
    invoice_type = Text("invoiceType.name")
    invoice_configuration = Text("invoiceConfiguration")
    sync_status = Text("syncStatus")
    sent_status = Text("sentStatus")
    review_status = Text("reviewStatus")
    assigned_to_id = Whole("assignedTo.id")
    assigned_to_name = Text("assignedTo.name")
    employee_id = Whole("employeeInfo.id")
    employee_name = Text("employeeInfo.name")
    term_name = Text("termName")
    created_by = Text("createdBy")
    customer_street = Text("customerAddress.street")
    customer_unit = Text("customerAddress.unit")
    customer_city = Text("customerAddress.city")
    customer_state = Text("customerAddress.state")
    customer_zip = Text("customerAddress.zip")
    customer_country = Text("customerAddress.country")
    location_street = Text("locationAddress.street")
    location_unit = Text("locationAddress.unit")
    location_city = Text("locationAddress.city")
    location_state = Text("locationAddress.state")
    location_zip = Text("locationAddress.zip")
    location_country = Text("locationAddress.country")
    batch_id = Whole("batch.id")
    batch_number = Text("batch.number")
    batch_name = Text("batch.name")
    royalty_status = Text("royalty.status")
    royalty_date = Moment("royalty.date")
    royalty_sent_on = Moment("royalty.sentOn")
    royalty_memo = Text("royalty.memo")
    commission_eligibility_date = Text("commissionEligibilityDate")  # the vendor declares no format
    adjustment_to = Reference("adjustmentToId", "self", related_name="adjustments")
    project_id = Whole("projectId")
    budget_code_id = Whole("budgetCodeId")
    material_sku_id = Whole("materialSkuId")
    membership_id = Whole("membershipId")
    import_id = Text("importId")
    export_id = Text("exportId")
    summary = Text("summary")

    class Meta:
        db_table = qualified("servicetitan", "st_invoices")
        indexes = [models.Index(fields=["reference_number"], name="st_invoices_reference")]

    def __str__(self) -> str:
        return f"invoice {self.reference_number or self.pk}"


class InvoiceItem(models.Model):
    """A line of an invoice: a view over the invoice's record, so it can never disagree with it."""

    id = models.BigIntegerField(primary_key=True)
    invoice = models.ForeignKey(Invoice, models.DO_NOTHING, db_constraint=False, related_name="items")
    type = models.TextField(null=True)
    sku_id = models.BigIntegerField(null=True)
    sku_name = models.TextField(null=True)
    display_name = models.TextField(null=True)
    description = models.TextField(null=True)
    quantity = Numeric()
    price = Numeric()
    total = Numeric()
    cost = Numeric()
    total_cost = Numeric()
    taxable = models.BooleanField(null=True)
    is_chargeable = models.BooleanField(null=True)
    item_group_name = models.TextField(null=True)
    membership_type_id = models.BigIntegerField(null=True)
    technician_id = models.BigIntegerField(null=True)
    estimate_item_id = models.BigIntegerField(null=True)
    service_date = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = qualified("servicetitan", "st_invoice_items")

    def __str__(self) -> str:
        return self.display_name or self.sku_name or f"item {self.pk}"
