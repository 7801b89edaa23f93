from django.urls import path

from config.monitoring import views

urlpatterns = [path("healthz", views.alive), path("readyz", views.ready), path("metrics", views.metrics)]
