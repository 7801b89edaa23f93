"""The short lists that turn ids into names."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.panels import Facts, Panel
from servicetitan.admin import tables
from servicetitan.admin.customers import active_filter
from servicetitan.admin.finding import is_number
from servicetitan.admin.records import MirroredAdmin, address
from servicetitan.models import BusinessUnit, JobType, TagType, Technician


class NamedAdmin(MirroredAdmin):
    """Short enough to be searched through."""

    list_display: Any = ("name", "id_here", "condition")
    list_filter = (active_filter(),)
    ordering = ("name", "id")
    search_help_text = "id, or a part of the name"

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(pk=int(term)) if is_number(term) else rows.filter(name__icontains=term)

    @admin.display(description="id")
    def id_here(self, record: Any) -> str:
        return str(record.pk)

    @admin.display(description="state")
    def condition(self, record: Any) -> SafeString:
        return tables.condition(record)


@admin.register(BusinessUnit)
class BusinessUnitAdmin(NamedAdmin):
    entity = "business_units"
    list_display = ("name", "id_here", "trade", "division", "email", "phone_number", "condition")

    def facts(self, request: HttpRequest, record: BusinessUnit) -> list[Panel]:
        rows = [
            ("Official name", show.some(record.official_name)),
            ("Trade", show.some(record.trade)),
            ("Division", show.some(record.division)),
            ("Address", show.some(address(record))),
            ("E-mail", show.copyable(record.email)),
            ("Phone", show.copyable(record.phone_number)),
            ("Currency", show.some(record.currency)),
        ]
        return [Facts(title="Business unit", rows=rows, wide=True)]


@admin.register(JobType)
class JobTypeAdmin(NamedAdmin):
    entity = "job_types"
    list_display = ("name", "id_here", "job_class", "priority", "lasts", "condition")

    @admin.display(description="duration")
    def lasts(self, record: JobType) -> str:
        return show.duration(record.duration) or show.DASH

    def facts(self, request: HttpRequest, record: JobType) -> list[Panel]:
        ids = [item for item in record.business_unit_ids or [] if isinstance(item, int)]
        units = dict(BusinessUnit.objects.filter(pk__in=ids).values_list("pk", "name"))
        rows = [
            ("Class", show.some(record.job_class)),
            ("Priority", show.some(record.priority)),
            ("Duration", self.lasts(record)),
            ("No charge", show.yes_no(record.no_charge)),
            ("Sold from", show.money(record.sold_threshold)),
            ("Business units", show.some(", ".join(units.get(pk) or str(pk) for pk in ids))),
            ("Summary", show.paragraphs(record.summary)),
        ]
        return [Facts(title="Job type", rows=rows, wide=True)]


@admin.register(Technician)
class TechnicianAdmin(NamedAdmin):
    entity = "technicians"
    list_display = ("name", "id_here", "unit", "team", "status", "condition")
    list_related = ("business_unit",)
    page_related = ("business_unit",)

    @admin.display(description="business unit")
    def unit(self, record: Technician) -> SafeString:
        return pages.link_over(record, "business_unit")

    def facts(self, request: HttpRequest, record: Technician) -> list[Panel]:
        rows = [
            ("Business unit", pages.link_over(record, "business_unit")),
            ("Team", show.some(record.team)),
            ("Status", show.some(record.status)),
            ("E-mail", show.copyable(record.email)),
            ("Phone", show.copyable(record.phone_number)),
            ("Mobile", show.copyable(record.mobile_phone)),
            ("Since", show.day(record.start_date)),
        ]
        return [Facts(title="Technician", rows=rows, wide=True)]


@admin.register(TagType)
class TagTypeAdmin(NamedAdmin):
    entity = "tag_types"
    list_display = ("name", "id_here", "code", "importance", "condition")

    def facts(self, request: HttpRequest, record: TagType) -> list[Panel]:
        rows = [
            ("Code", show.some(record.code)),
            ("Importance", show.some(record.importance)),
            ("Colour", show.some(record.color)),
            ("On the dispatch board", show.yes_no(record.is_visible_on_dispatch_board)),
            ("Conversion opportunity", show.yes_no(record.is_conversion_opportunity)),
        ]
        return [Facts(title="Tag type", rows=rows, wide=True)]
