"""The API of the unit: its document at openapi.json, and a page to try it at docs."""

from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.throttling import AnonRateThrottle, AuthRateThrottle

from salesforce.api import connection, customers, problems, syncing
from salesforce.api.access import Key, Session


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        problems.as_documented(document)
        return document


api = Api(
    title="ServiceTitan hub: Salesforce",
    version="1",
    description="Sends customers to Salesforce, and tells what became of them. Errors are problem documents (RFC 9457).",
    urls_namespace="salesforce-api",
    auth=[Key(), Session()],
    throttle=[AnonRateThrottle("30/m"), AuthRateThrottle("600/m")],
    docs_decorator=staff_member_required,
)
problems.install(api)
api.add_router("", connection.router)
api.add_router("sync/", syncing.router)
api.add_router("customers/", customers.router)


def nothing_here(request: HttpRequest) -> HttpResponse:
    return problems.problem(request, 404, "There is no such address. The page docs shows all that there are.")


urlpatterns = [path("", api.urls), re_path(r"^.*$", nothing_here)]
