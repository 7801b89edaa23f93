from typing import Any

from axes.helpers import get_cool_off, get_failure_limit
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.backoffice import show


def locked_out(request: HttpRequest, response: Any = None, credentials: Any = None) -> HttpResponse:
    """The page instead of the login form, after too many wrong passwords."""
    pause = get_cool_off(request)
    context = {
        **admin.site.each_context(request),
        "title": "Locked",
        "limit": get_failure_limit(request, credentials),
        "pause": show.duration(pause.total_seconds()) if pause else "",
    }
    return render(request, "backoffice/locked_out.html", context, status=429)
