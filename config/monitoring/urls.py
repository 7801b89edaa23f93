from django.contrib import admin
from django.urls import path

from config.monitoring import views
from config.monitoring.health.page import health

urlpatterns = [
    path("healthz", views.alive),
    path("readyz", views.ready),
    path("metrics", views.metrics),
    path("health/", admin.site.admin_view(health), name="health"),
]
