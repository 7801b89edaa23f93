"""Pages of a list without counting it: a COUNT over a million rows costs more than the page."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

FURTHEST_PAGE = 100  # OFFSET reads what it skips; whoever is so far down needs a filter

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator


class NoCountPaginator(_Paginator):
    """Reads one row more than the page shows: that is how it knows whether there is a next one."""

    template_name = "backoffice/pager.html"
    more = cut_off = False

    @property
    def count(self) -> int:
        return FURTHEST_PAGE * self.per_page

    def page(self, number: int | str) -> "Page[Any]":
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows = list(self.object_list[start : start + self.per_page + 1])
        follows = len(rows) > self.per_page
        self.more, self.cut_off = follows and number < FURTHEST_PAGE, follows and number == FURTHEST_PAGE
        return Page(rows[: self.per_page], number, self)


class NoCountChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count  # else the theme writes the made-up count into the title
        self.can_show_all = False

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Only the order an index has, also where the address asks for another."""
        self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)
