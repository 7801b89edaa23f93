from django.contrib import admin

from config.backoffice.calls import CallAdmin
from servicetitan.models import ApiCall


@admin.register(ApiCall)
class ApiCallAdmin(CallAdmin):
    apis = {"SERVICETITAN_API_URL": "records", "SERVICETITAN_AUTH_URL": "tokens"}
