"""A page that is no record's: laid out as one."""

from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse

from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.panels import Page


def board(admin: ReadOnlyAdmin, request: HttpRequest, title: str, page: Page) -> TemplateResponse:
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": title,
        "banners": list(page.banners),
        "lead": page.lead,
        "panels": list(page.panels),
    }
    request.current_app = admin.admin_site.name
    return TemplateResponse(request, admin.page_template, context)
