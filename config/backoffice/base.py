"""Base classes of the admin pages."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from config.backoffice import pages, show
from config.backoffice.filters import parameters_of
from config.backoffice.navigation import may_see
from config.backoffice.pager import NoCountChangeList, NoCountPaginator
from config.backoffice.panels import Page, registered

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]  # the theme ships no types
else:
    from unfold.admin import ModelAdmin as _ModelAdmin


class HubAdmin(_ModelAdmin):
    """The theme, with lists that count nothing, filters applied by a button, and notes above the list."""

    paginator = NoCountPaginator
    show_full_result_count = False
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER  # facets count the table once for each filter value
    list_per_page = 50
    list_filter_submit = True
    list_disable_select_all = True
    list_fullwidth = True
    list_before_template = "backoffice/list_notes.html"
    empty_value_display = show.DASH
    empty_list = "Nothing here yet."  # what to do where the list is empty and nothing is filtered

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NoCountChangeList]:
        return NoCountChangeList

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *more: Any, **options: Any) -> Any:
        """Django's own counts, for its page of one record's log: those are few."""
        kind = Paginator if queryset.model is not self.model else self.paginator
        return kind(queryset, per_page, *more, **options)

    def title_of(self, record: Any) -> str:
        """What the record is called in its page's title and path."""
        return str(record)

    def one(self) -> QuerySet[Any]:
        """The query a record's page reads from; lists use `get_queryset`."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        return rows

    def find(self, object_id: str) -> Model | None:
        key: Any = self.model._meta.pk
        try:
            return self.one().filter(pk=key.to_python(unquote(object_id))).first()
        except (ValidationError, ValueError):
            return None

    def not_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        messages.warning(request, f"There is no {self.opts.verbose_name} {unquote(object_id)} here (any more).")
        return HttpResponseRedirect(pages.list_of(self.model))

    def list_notes(self, request: HttpRequest) -> list[Any]:
        """Panels above the list."""
        return []

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        notes = {"list_notes": self.list_notes(request), "empty_list": self.empty_list}
        return super().changelist_view(request, {**notes, **(extra_context or {})})


class ReadOnlyAdmin(HubAdmin):
    """For looking: what a unit owns is changed by its tasks, never from here."""

    page_template = "backoffice/record.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only declared filters: a lookup typed into the address could scan a table of millions."""
        filters: Any = self.get_list_filter(request)  # type: ignore[arg-type] # none of ours looks at the request
        return lookup in parameters_of(filters)

    def page(self, request: HttpRequest, record: Any) -> Page:
        """What the record's page shows."""
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The record's page: no form, so nothing to post."""
        if object_id is None or request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        record = self.find(object_id)
        if record is None:
            return self.not_here(request, object_id)
        return self.record_page(request, object_id, record)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise PermissionDenied

    def record_page(self, request: HttpRequest, object_id: str, record: Model) -> TemplateResponse:
        made = self.page(request, record)
        context = {
            **self.admin_site.each_context(request),
            "title": self.title_of(record),
            "opts": self.opts,
            "original": record,
            "banners": list(made.banners),
            "lead": made.lead,
            "panels": made.with_others(registered(request, record)),
            "actions_detail": self._buttons(request, object_id, record),
            "log_url": self._log_url(request, record),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.page_template, context)

    def _log_url(self, request: HttpRequest, record: Model) -> str:
        """What people did with this record; '' for who may not see that."""
        about = f"{self.opts.app_label}.{self.opts.model_name}:{record.pk}"
        return pages.list_of(LogEntry, about=about) if may_see(request, LogEntry) else ""

    def offers(self, record: Any, button: str) -> bool:
        """Whether the button, by its method's name, is of use on this record's page."""
        return True

    def _buttons(self, request: HttpRequest, object_id: str, record: Model) -> Any:
        theme: Any = self
        allowed = theme.get_actions_detail(request, object_id)
        offered = [action for action in allowed if self.offers(record, action.method.original_function_name)]
        return theme._get_actions_navigation(theme.actions_detail, offered, object_id)
