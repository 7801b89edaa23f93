from django.contrib import admin
from django.urls import path

from config.monitoring import views
from config.monitoring.health.page import health
from config.monitoring.health.test_alert import ask

urlpatterns = [
    path("healthz", views.alive),
    path("readyz", views.ready),
    path("metrics", views.metrics),
    path("health/test", admin.site.admin_view(ask), name="health-test"),
    path("health/", admin.site.admin_view(health), name="health"),
]
