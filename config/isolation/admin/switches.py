"""The page "Switches": how each one stands, a form to turn one, and who turned which before."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from config.backoffice import operators, pages, show
from config.backoffice.base import HubAdmin
from config.backoffice.filters import choice
from config.backoffice.panels import Panel, Table
from config.isolation import switches
from config.isolation.admin.switch_form import SwitchForm
from config.isolation.manifest import SWITCHES, UNITS
from config.isolation.models import SwitchChange

RIGHT = "isolation.add_switchchange"
operators.may(RIGHT)

Mode = switches.Mode
TONES = {Mode.RUN: show.GOOD, Mode.HOLD: show.BAD, Mode.DRAIN: show.WARNING, Mode.DRY_RUN: show.INFO, switches.OFF: show.PLAIN}
STOPS = {"calls": "calls of the vendor", "writes": "whatever changes something at the vendor", "work": "the unit's own work"}


@admin.register(SwitchChange)
class SwitchChangeAdmin(HubAdmin):
    form = SwitchForm
    list_display = ("switch", "turned_to", "who", "why", "when", "back")
    list_display_links = None
    list_filter = (choice("switch", "Switch", [(name, name) for name in SWITCHES]),)
    ordering = ("-id",)
    actions = None
    empty_list = "Nobody has turned a switch yet: all units run, as far as the environment lets them."

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def list_notes(self, request: HttpRequest) -> list[Panel]:
        """How they stand now; the list below is how they got there."""
        may_turn, stands = self.has_add_permission(request), switches.newest()
        rows = [
            (switch.name, unit.purpose, STOPS[switch.stops], *_stand_cells(stands[switch.name]), _turn(switch.name, may_turn))
            for unit in UNITS
            for switch in unit.switches
        ]
        headers = ("Switch", "The unit", "It stops", "Stands at", "Why", "Since", "Until", "")
        return [Table(title="How they stand", headers=headers, rows=rows, note="Thrown, a switch works within 2 s.")]

    def changeform_view(self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None) -> Any:
        """One button: to turn several switches at once is nobody's wish."""
        plain = {"title": "Turn a switch", "show_save_and_add_another": False, "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, {**plain, **(extra_context or {})})

    def response_add(self, request: HttpRequest, obj: SwitchChange, post_url_continue: Any = None) -> HttpResponse:
        stand = switches.newest()[obj.switch]
        messages.success(request, f"'{obj.switch}' is at run." if stand.mode == Mode.RUN else stand.sentence())
        return HttpResponseRedirect(pages.list_of(SwitchChange))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The page's links say which switch; the rest is for the person to say."""
        return {"switch": request.GET.get("switch", ""), "mode": Mode.HOLD}

    def save_model(self, request: HttpRequest, obj: SwitchChange, form: Any, change: bool) -> None:
        obj.who, obj.why, obj.until = request.user.get_username(), obj.why.strip() or "no reason given", form.until()
        try:
            switches.turn(obj)
        except switches.AWAY:
            messages.warning(
                request,
                "Stored, but Redis could not be told. Calls that change something at a vendor wait while Redis is away.",
            )

    def log_addition(self, request: HttpRequest, obj: SwitchChange, message: Any) -> Any:
        until = f" until {show.clock(obj.until)}" if obj.until else ""
        return super().log_addition(request, obj, f"{obj.switch} to {obj.mode}{until}: {obj.why}")

    @admin.display(description="turned to")
    def turned_to(self, change: SwitchChange) -> SafeString:
        return show.pill(change.mode, TONES[Mode(change.mode)])

    @admin.display(description="when")
    def when(self, change: SwitchChange) -> SafeString:
        return show.moment(change.at)

    @admin.display(description="until")
    def back(self, change: SwitchChange) -> SafeString:
        return show.moment(change.until)


def _stand_cells(stand: switches.Stand) -> tuple[Any, ...]:
    if stand.mode == switches.OFF:
        why: Any = f"{SWITCHES[stand.switch].setting} is false in the environment"
    else:
        why = f"{stand.why} ({stand.who})" if stand.who else show.NOTHING
    mode = stand.mode if stand.mode == switches.OFF else Mode(stand.mode)
    return show.pill(stand.mode, TONES[mode]), why, show.moment(stand.since), show.moment(stand.until)


def _turn(name: str, may_turn: bool) -> SafeString:
    address = f"{reverse('admin:isolation_switchchange_add')}?switch={name}"
    return show.link(address, "turn") if may_turn else show.NOTHING
