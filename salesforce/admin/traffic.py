"""What goes out: calls to Salesforce, bulk jobs, and the unit's tasks."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.calls import CallAdmin
from config.backoffice.deliveries import DeliveryAdmin
from config.backoffice.filters import choice
from config.backoffice.panels import Banner, Facts, Page
from config.backoffice.wording import choices
from salesforce.admin import words
from salesforce.models import ApiCall, BulkJob, SalesforceDelivery, SyncLog


@admin.register(ApiCall)
class ApiCallAdmin(CallAdmin):
    apis = {"SALESFORCE_INSTANCE_URL": "records", "SALESFORCE_LOGIN_URL": "login"}


@admin.register(BulkJob)
class BulkJobAdmin(ReadOnlyAdmin):
    list_display = ("called", "how", "made", "records", "succeeded", "failed", "unprocessed", "told")
    list_filter = (choice("state", "State", choices(BulkJob.State)),)
    ordering = ("-id",)
    empty_list = "None yet: they take the place of single calls where much is to be sent (SALESFORCE_BULK_FROM)."

    @admin.display(description="job")
    def called(self, job: BulkJob) -> str:
        return str(job)

    @admin.display(description="state")
    def how(self, job: BulkJob) -> SafeString:
        return words.job_pill(job)

    @admin.display(description="made")
    def made(self, job: BulkJob) -> SafeString:
        return show.moment(job.made_at)

    def page(self, request: HttpRequest, record: BulkJob) -> Page:
        rows: list[tuple[str, Any]] = [
            ("Object", record.sobject),
            ("Salesforce's id of the job", show.copyable(record.sf_job_id)),
            ("Salesforce says", show.some(record.told)),
            ("Records", show.number(record.records)),
            ("Succeeded", show.number(record.succeeded)),
            ("Failed", show.number(record.failed)),
            ("Not worked on", show.number(record.unprocessed)),
            ("Made", show.moment(record.made_at)),
            ("Given to Salesforce", show.moment(record.closed_at)),
            ("Finished", show.moment(record.finished_at)),
            ("Its records", show.link(pages.list_of(SyncLog, job=record.pk), "in the log")),
        ]
        banners = [Banner(record.error, show.WARNING)] if record.error else []
        return Page([Facts(title="Job", rows=rows)], banners, words.job_pill(record))


admin.site.register(SalesforceDelivery, DeliveryAdmin)
