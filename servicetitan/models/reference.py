"""The short lists that turn ids into names. Source: ServiceTitan Settings API v2, and JPM API v2 for the job types."""

from config.isolation.names import qualified
from servicetitan.columns import Flag, Json, Moment, Numeric, Reference, Text, Whole
from servicetitan.models.base import MirroredRecord


class NamedRecord(MirroredRecord):
    name = Text("name")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name or f"{self._meta.verbose_name} {self.pk}"


class BusinessUnit(NamedRecord):
    official_name = Text("officialName")
    email = Text("email")
    phone_number = Text("phoneNumber")
    currency = Text("currency")
    trade = Text("trade.name")
    division = Text("division.name")
    street = Text("address.street")
    unit = Text("address.unit")
    city = Text("address.city")
    state = Text("address.state")
    zip = Text("address.zip")
    country = Text("address.country")
    default_tax_rate = Numeric("defaultTaxRate")
    account_code = Text("accountCode")
    quickbooks_class = Text("quickbooksClass")

    class Meta:
        db_table = qualified("servicetitan", "st_business_units")


class JobType(NamedRecord):
    priority = Text("priority")
    duration = Whole("duration")
    sold_threshold = Numeric("soldThreshold")
    job_class = Text("class")
    summary = Text("summary")
    no_charge = Flag("noCharge")
    default_estimate_sold_action = Text("defaultEstimateSoldAction")
    business_unit_ids = Json("businessUnitIds")

    class Meta:
        db_table = qualified("servicetitan", "st_job_types")


class Technician(NamedRecord):
    user_id = Whole("userId")
    first_name = Text("firstName")
    last_name = Text("lastName")
    business_unit = Reference("businessUnitId", BusinessUnit, related_name="technicians")
    email = Text("email")
    phone_number = Text("phoneNumber")
    mobile_phone = Text("mobilePhone")
    team = Text("team")
    license_type = Text("licenseType")
    status = Text("status")
    is_managed_tech = Flag("isManagedTech")
    start_date = Moment("startDate")

    class Meta:
        db_table = qualified("servicetitan", "st_technicians")


class TagType(NamedRecord):
    color = Text("color")
    code = Text("code")
    importance = Text("importance")
    is_conversion_opportunity = Flag("isConversionOpportunity")
    is_visible_on_dispatch_board = Flag("isVisibleOnDispatchBoard")

    class Meta:
        db_table = qualified("servicetitan", "st_tag_types")
