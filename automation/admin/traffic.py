"""What became of the unit's tasks."""

from django.contrib import admin

from automation.workflows.models import AutomationDelivery
from config.backoffice.deliveries import DeliveryAdmin

admin.site.register(AutomationDelivery, DeliveryAdmin)
