"""Calls to GoHighLevel, and the unit's tasks."""

from django.contrib import admin

from config.backoffice.calls import CallAdmin
from config.backoffice.deliveries import DeliveryAdmin
from integrations.ghl.models import ApiCall, GhlDelivery


@admin.register(ApiCall)
class ApiCallAdmin(CallAdmin):
    apis = {"GHL_API_URL": "GoHighLevel"}


admin.site.register(GhlDelivery, DeliveryAdmin)
