from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.isolation.actor import acting_as


def actor_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """People act through the back office, whatever page they are on."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with acting_as("backoffice"):
            return get_response(request)

    return middleware
