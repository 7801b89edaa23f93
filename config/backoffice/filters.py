"""List filters that say what they do, offer only what is known, and never scan a big table."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from config.backoffice.positions import WINDOW, Narrow, window_start

if TYPE_CHECKING:
    _DropdownFilter = admin.SimpleListFilter  # the theme ships no types
else:
    from unfold.contrib.filters.admin import DropdownFilter as _DropdownFilter

Choices = Sequence[tuple[str, str]]


def parameters_of(filters: Iterable[Any]) -> set[str]:
    """The query parameters a list's filters understand."""
    return {name for item in filters for name in getattr(item, "parameters", ())}


class ChoiceFilter(_DropdownFilter):
    """One of known values. Make one with `choice` or `recent_choice`."""

    parameter_name: str
    parameters: tuple[str, ...] = ()
    options: Choices | Callable[[], Choices] = ()
    default = ""
    window: str = ""  # the key that newest rows have highest, where the column has no index
    rows = WINDOW
    note = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return self.options() if callable(self.options) else self.options

    def has_output(self) -> bool:
        return True

    def value(self) -> str | None:
        return super().value() or self.default or None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen is None or chosen not in {str(key) for key, _ in self.lookup_choices}:
            return queryset
        return self.narrow(self._windowed(queryset), chosen)

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return queryset.filter(**{self.parameter_name: chosen})

    def _windowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.window:
            return queryset
        newest_first = queryset.model._default_manager.order_by(f"-{self.window}")
        start = window_start(newest_first, self.window, self.rows)
        if not start:
            return queryset
        self.note = f"Looks at the newest {self.rows:,} rows."
        return queryset.filter(**{f"{self.window}__gte": start})

    @property
    def chip(self) -> str:
        chosen = self.value()
        return next((str(label) for key, label in self.lookup_choices if str(key) == chosen), "")

    @property
    def removed(self) -> dict[str, None] | None:
        """Query parameters that take the filter away; None where it is the list's default."""
        return {self.parameter_name: None} if super().value() else None


def choice(
    parameter: str,
    title: str,
    options: Choices | Callable[[], Choices],
    *,
    narrow: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None,
    window: str = "",
    rows: int = WINDOW,
    default: str = "",
) -> type[ChoiceFilter]:
    """A filter on the field `parameter`, or by `narrow`. `options` may be a function: then it is asked each time."""
    attributes: dict[str, Any] = {
        "parameter_name": parameter, "parameters": (parameter,), "title": title, "window": window, "rows": rows,
        "default": default,
        "options": staticmethod(options) if callable(options) else options,
        "all_option": ("all" if default else "", "All"),
    }  # fmt: skip
    if narrow is not None:
        attributes["narrow"] = lambda self, queryset, chosen: narrow(queryset, chosen)
    return type("ChoiceFilter", (ChoiceFilter,), attributes)


def recent_choice(parameter: str, title: str, options: Choices | Callable[[], Choices], **more: Any) -> type[ChoiceFilter]:
    """As `choice`, for a column without an index: among the newest rows only."""
    return choice(parameter, title, options, window=more.pop("window", "pk"), **more)


class DaysFilter(admin.ListFilter):
    """From one day to another, both included, as the company's calendar has them. Make one with `days`."""

    template = "backoffice/filters/days.html"
    parameters: tuple[str, ...] = ("from", "to")
    note = ""

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameters:
            if name in params and (day := _day(params.pop(name)[-1])):
                self.used_parameters[name] = day.isoformat()

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameters)

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {"values": [(name, self.used_parameters.get(name, "")) for name in self.parameters]}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (_day(str(self.used_parameters.get(name, ""))) for name in self.parameters)
        start = _midnight(first) if first else None
        end = _midnight(last + timedelta(days=1)) if last else None
        return self.narrow(queryset, start, end) if start or end else queryset

    def narrow(self, queryset: QuerySet[Any], start: datetime | None, end: datetime | None) -> QuerySet[Any]:
        raise NotImplementedError

    @property
    def chip(self) -> str:
        first, last = (self.used_parameters.get(name, "") for name in self.parameters)
        return f"{first or 'the beginning'} to {last or 'today'}" if first or last else ""

    @property
    def removed(self) -> dict[str, None]:
        return dict.fromkeys(self.parameters)


def days(title: str, narrow: Narrow) -> type[DaysFilter]:
    """`narrow` gets the moments from which and before which rows shall be."""
    return type("DaysFilter", (DaysFilter,), {"title": title, "narrow": lambda self, *given: narrow(*given)})


class OfFilter(admin.SimpleListFilter):
    """Rows that belong to one other record; shown only while it is set by a link. Make one with `of`."""

    template = "backoffice/filters/of.html"
    parameter_name: str
    parameters: tuple[str, ...] = ()
    note = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return ()

    def has_output(self) -> bool:
        return bool(self.value())

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {"name": self.parameter_name, "value": self.value()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return self.narrow(queryset, chosen) if chosen else queryset

    def narrow(self, queryset: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        raise NotImplementedError

    def name(self, chosen: str) -> str:
        raise NotImplementedError

    @property
    def chip(self) -> str:
        chosen = self.value()
        return self.name(chosen) if chosen else ""

    @property
    def removed(self) -> dict[str, None]:
        return {self.parameter_name: None}


def of(
    parameter: str, title: str, narrow: Callable[[QuerySet[Any], str], QuerySet[Any]], name: Callable[[str], str] = str
) -> type[OfFilter]:
    """`narrow` gets the parameter's text; `name` writes it for people."""
    attributes: dict[str, Any] = {
        "parameter_name": parameter, "parameters": (parameter,), "title": title,
        "narrow": lambda self, queryset, chosen: narrow(queryset, chosen), "name": lambda self, chosen: name(chosen),
    }  # fmt: skip
    return type("OfFilter", (OfFilter,), attributes)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
