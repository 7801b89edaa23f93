"""People asking a unit for something: a dialog that says what will happen, a task on the unit's queue, a line in the log.

The theme's own actions run when their address is merely opened. These act on POST alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import redis
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from kombu.exceptions import OperationalError
from unfold.enums import ActionVariant

from config.backoffice import pages
from config.embedded import EmbeddedError
from config.jobs.queue import send

if TYPE_CHECKING:
    from config.backoffice.base import HubAdmin

UNREACHABLE = (OperationalError, EmbeddedError, redis.RedisError)


@dataclass(frozen=True)
class Question:
    """What the dialog says. `button` names the deed; `nothing` says why there is nothing to do, instead of a button."""

    title: str
    text: str
    button: str
    nothing: str = ""


def ask(request: HttpRequest, task: str, about: Iterable[Model], what: str, **arguments: Any) -> bool:
    """Queue `task` for the person and note it in the admin log. Tells the person what became of it."""
    try:
        delivery = send(task, **arguments)
    except UNREACHABLE:
        messages.error(request, "Nothing was asked for: the queue (Redis) does not answer. Please try again in a minute.")
        return False
    user: Any = request.user
    LogEntry.objects.log_actions(user.pk, about, CHANGE, f"{what} (task {delivery})")
    messages.success(request, f"Asked for: {what}. A worker takes it up as soon as one is free.")
    return True


def confirmed(
    label: str, permission: str, question: Callable[[Any, Any], Question], *, icon: str, variant: Any = ActionVariant.DEFAULT
) -> Callable[[Callable[[Any, HttpRequest, Any], object]], Any]:
    """Decorator: a button of a page or list that opens a dialog first.

    The method gets the page's record (None for a list) and may return the address to go to. `permission` names a
    `has_..._permission` method of the admin. `question` gets the admin and the record.
    """

    def decorate(method: Callable[[Any, HttpRequest, Any], object]) -> Any:
        @wraps(method)
        def view(admin: Any, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
            if not getattr(admin, f"has_{permission}_permission")(request):
                raise PermissionDenied
            record = admin.find(object_id) if object_id is not None else None
            if object_id is not None and record is None:
                return _go(request, admin.not_here(request, object_id).url)
            back = pages.page_of(admin.model, record.pk) if record is not None else pages.list_of(admin.model)
            asked = question(admin, record)
            if request.method != "POST" or asked.nothing:
                return _dialog(admin, request, asked, back)
            return _go(request, str(method(admin, request, record) or back))

        theme: Any = view  # what the theme reads from an action
        theme.short_description, theme.icon, theme.attrs = label, icon, {}
        theme.variant, theme.dialog = variant, {"title": label}
        theme.allowed_permissions, theme.original_function_name = [permission], method.__name__
        return view

    return decorate


def confirm_selected(
    admin: "HubAdmin", request: HttpRequest, action: str, question: Question, ids: list[str]
) -> HttpResponse | None:
    """For the actions of a list: the page that asks once more, or None when the person has said yes."""
    if "confirmed" in request.POST:
        return None
    return _dialog(admin, request, question, pages.list_of(admin.model), {"action": action, "selected": ids})


def _dialog(
    admin: "HubAdmin", request: HttpRequest, question: Question, back: str, more: dict[str, Any] | None = None
) -> HttpResponse:
    """The question: into the dialog where the theme's script asks, as a page of its own otherwise."""
    context: dict[str, Any] = {"question": question, "back": back, "opts": admin.opts, **(more or {})}
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "backoffice/dialog.html", context)
    context = {**admin.admin_site.each_context(request), "title": question.title, **context}
    return TemplateResponse(request, "backoffice/question.html", context)


def _go(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
