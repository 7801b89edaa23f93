"""Customers and how to reach them.

Source: ServiceTitan CRM API v2, `ExportCustomerResponse` and `ExportCustomerContactResponse`.
"""

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Upper

from config.isolation.names import qualified
from servicetitan.columns import Coordinate, Flag, Json, Numeric, Reference, Text, Whole
from servicetitan.models.base import MirroredRecord


class Customer(MirroredRecord):
    name = Text("name")
    type = Text("type")
    street = Text("address.street")
    unit = Text("address.unit")
    city = Text("address.city")
    state = Text("address.state")
    zip = Text("address.zip")
    country = Text("address.country")
    latitude = Coordinate("address.latitude")
    longitude = Coordinate("address.longitude")
    balance = Numeric("balance")
    credit_limit = Numeric("creditLimit")
    credit_limit_balance = Numeric("creditLimitBalance")
    tax_exempt = Flag("taxExempt")
    do_not_mail = Flag("doNotMail")
    do_not_service = Flag("doNotService")
    national_account = Flag("nationalAccount")
    merged_to = Reference("mergedToId", "self", related_name="merged_from")
    payment_term_id = Whole("paymentTermId")
    created_by_id = Whole("createdById")
    tag_type_ids = Json("tagTypeIds")

    class Meta:
        db_table = qualified("servicetitan", "st_customers")
        indexes = [models.Index(OpClass(Upper("name"), "text_pattern_ops"), name="st_customers_name")]

    def __str__(self) -> str:
        return self.name or f"customer {self.pk}"


class CustomerContact(MirroredRecord):
    """A phone number, fax number or e-mail address: they are on no other record."""

    customer = Reference("customerId", Customer, related_name="contacts", db_index=True)
    type = Text("type")
    value = Text("value")
    memo = Text("memo")
    phone_number = Text("phoneSettings.phoneNumber")
    do_not_text = Flag("phoneSettings.doNotText")
    job_reminders_enabled = Flag("preferences.jobRemindersEnabled")
    marketing_updates_enabled = Flag("preferences.marketingUpdatesEnabled")
    invoice_statement_notification = Flag("preferences.invoiceStatementNotification")
    invoice_notification = Flag("preferences.invoiceNotification")
    statement_notification = Flag("preferences.statementNotification")

    class Meta:
        db_table = qualified("servicetitan", "st_customer_contacts")
        indexes = [models.Index(fields=["value"], name="st_contacts_value")]
