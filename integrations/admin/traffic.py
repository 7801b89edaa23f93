"""What goes out: calls to GoHighLevel, and the unit's tasks.

The inbox of events is closed to the web process, which only puts them there: the account's page says how it stands.
"""

from django.contrib import admin

from config.backoffice.calls import CallAdmin
from config.backoffice.deliveries import DeliveryAdmin
from integrations.models import ApiCall, GhlDelivery


@admin.register(ApiCall)
class ApiCallAdmin(CallAdmin):
    apis = {"GHL_API_URL": "records and tokens"}


admin.site.register(GhlDelivery, DeliveryAdmin)
