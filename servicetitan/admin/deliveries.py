from django.contrib import admin

from config.backoffice.deliveries import DeliveryAdmin
from servicetitan.models import Delivery

admin.site.register(Delivery, DeliveryAdmin)
