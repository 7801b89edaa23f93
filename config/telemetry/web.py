"""A span for each web request, named by its route: paths and queries may be about people."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config import telemetry


def telemetry_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Whoever asks has no say in whose trace it belongs to: the correlation id decides."""

    def middleware(request: HttpRequest) -> HttpResponse:
        method = str(request.method)
        with telemetry.span(method, telemetry.SpanKind.SERVER, {"http.request.method": method}) as span:
            response = get_response(request)
            route = request.resolver_match.route if request.resolver_match else ""
            span.update_name(f"{method} {route}".rstrip())
            span.set_attributes({"http.route": route, "http.response.status_code": response.status_code})
            return response

    return middleware
