from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from config import routes

admin.autodiscover()  # here and not at every start: workers serve no pages

handler500 = "config.backoffice.errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    *routes.registered(),
]
