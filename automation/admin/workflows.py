"""Workflows: what is on, what each does, and the buttons. Who is inside belongs to the engine; these pages only look."""

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from automation.admin import counts, editor, matches, outcome, simulations, versions, words, workflow_page
from automation.workflows import stored, wording
from automation.workflows.models import Version, Workflow
from config.backoffice import operators, show
from config.backoffice.asking import Question, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice
from config.backoffice.panels import Page, Panel
from config.isolation.actor import acting_unit

operators.may(editor.ADD, editor.CHANGE)
Rows = QuerySet[Any]


def missing() -> list[Any]:
    """The ready-made ones that are not here."""
    here = set(Workflow.objects.values_list("name", flat=True))
    return [content for content in stored.ready() if content["name"] not in here]


def _bring_in_question(_: Any, __: Any) -> Question:
    found = missing()
    names = "\n".join(f"• {content['title']}" for content in found)
    text = f"Brings in what is not here yet, switched off:\n{names}\nLook at each, change it, and switch it on."
    return Question("Bring in the ready-made workflows?", text if found else "", "Bring them in",
                    "" if found else "All of them are here. What you changed stays as it is.")  # fmt: skip


def _on_question(_: Any, workflow: Workflow) -> Question:
    definition = words.definition(versions.newest(workflow))
    nothing = "It is on already." if workflow.enabled else "" if definition else words.UNREADABLE
    happens = wording.event(definition.event, definition.days) if definition else ""
    text = (
        f"From now on records enter when {happens} and the entry condition holds. What happened before lets nobody in. "
        "Who waits inside since before goes on, and gets at once what became due meanwhile."
    )
    return Question(f"Switch “{workflow}” on?", text, "Switch on", nothing)


def _off_question(_: Any, workflow: Workflow) -> Question:
    text = "Nobody enters any more. Who is inside waits where he is, and goes on when it is switched on again."
    return Question(f"Switch “{workflow}” off?", text, "Switch off", "" if workflow.enabled else "It is off already.")


@admin.register(Workflow)
class WorkflowAdmin(ReadOnlyAdmin):
    list_display = ("called", "condition", "happens", "inside", "entered", "version_number", "importance")
    list_filter = (choice("enabled", "State", (("yes", "on"), ("no", "off")),
                          narrow=lambda rows, chosen: rows.filter(enabled=chosen == "yes")),)  # fmt: skip
    ordering = ("-enabled", "title", "id")
    actions_list = ("bring_in",)
    actions_detail = ("switch_on", "switch_off", "simulate", "move")
    empty_list = "No workflow yet. “Bring in the ready-made ones” makes some to begin with, switched off."

    def get_queryset(self, request: HttpRequest) -> Rows:
        newest = Version.objects.filter(workflow=OuterRef("pk")).order_by("-number")
        parts = {name: Subquery(newest.values(name)[:1]) for name in ("number", "content")}
        rows: Rows = super().get_queryset(request).annotate(newest=Subquery(newest.values("pk")[:1]), **parts)
        return rows

    def get_urls(self) -> list[Any]:
        pages = {
            "edit": self.edit, "versions": self.version, "diff": self.diff, "export": self.export, "outcome": self.brought_in,
        }  # fmt: skip
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"automation_workflow_{name}")
            for name, view in pages.items()
        ]
        found = path("matches/", self.admin_site.admin_view(self.matches), name="automation_workflow_matches")
        return [found, *own, *super().get_urls()]

    def list_notes(self, request: HttpRequest) -> list[Panel]:
        return workflow_page.last_days(timezone.now())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(editor.ADD)

    def has_edit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(editor.CHANGE)

    def has_bring_in_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(editor.ADD)

    def offers(self, record: Workflow, button: str) -> bool:
        if button == "move":
            return Version.objects.filter(workflow=record, number__gt=1).exists()
        return button == "simulate" or button == ("switch_off" if record.enabled else "switch_on")

    @admin.display(description="workflow")
    def called(self, workflow: Workflow) -> SafeString:
        return show.lines([str(workflow), show.quiet(workflow.name)])

    @admin.display(description="state")
    def condition(self, workflow: Any) -> SafeString:
        if workflow.enabled and _read(workflow) is None:
            return show.pill("cannot be read", show.BAD)
        return words.on_off(workflow.enabled)

    @admin.display(description="begins when")
    def happens(self, workflow: Any) -> str:
        definition = _read(workflow)
        return wording.event(definition.event, definition.days) if definition else show.DASH

    @admin.display(description="inside")
    def inside(self, workflow: Workflow) -> str:
        found = counts.inside(timezone.now())
        return found.written(found.of(workflow.pk))

    @admin.display(description="last entered")
    def entered(self, workflow: Workflow) -> SafeString:
        return show.moment(counts.last_entered().get(workflow.pk))

    @admin.display(description="version")
    def version_number(self, workflow: Any) -> str:
        return str(workflow.number or show.DASH)

    @admin.display(description="priority")
    def importance(self, workflow: Any) -> str:
        definition = _read(workflow)
        return str(definition.priority) if definition else show.DASH

    def page(self, request: HttpRequest, record: Workflow) -> Page:
        return workflow_page.page(request, record)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if object_id is None:
            return editor.new(self, request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _of(self, request: HttpRequest, pk: int) -> Workflow:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return editor.found(pk)

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        return editor.change(self, request, self._of(request, pk))

    def matches(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return matches.view(request)

    def version(self, request: HttpRequest, pk: int) -> HttpResponse:
        return versions.one(self, request, self._of(request, pk))

    def diff(self, request: HttpRequest, pk: int) -> HttpResponse:
        return versions.difference(self, request, self._of(request, pk))

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        return versions.export(request, self._of(request, pk))

    def brought_in(self, request: HttpRequest, pk: int) -> HttpResponse:
        return outcome.page(self, request, self._of(request, pk))

    @confirmed("Bring in the ready-made ones", "bring_in", _bring_in_question, icon="auto_fix_high")
    def bring_in(self, request: HttpRequest, _: Any) -> None:
        who, now, using = request.user.get_username(), timezone.now(), acting_unit().alias
        made = [stored.store(content, who, now, using=using).workflow for content in missing()]
        user: Any = request.user
        LogEntry.objects.log_actions(user.pk, made, ADDITION, "Brought in, ready-made")
        messages.success(request, f"{len(made)} workflows brought in, switched off.")

    @confirmed("Switch on", "edit", _on_question, icon="play_arrow", variant=ActionVariant.PRIMARY)
    def switch_on(self, request: HttpRequest, workflow: Workflow) -> None:
        _turn(request, workflow, on=True)

    @confirmed("Switch off", "edit", _off_question, icon="pause")
    def switch_off(self, request: HttpRequest, workflow: Workflow) -> None:
        _turn(request, workflow, on=False)


    @confirmed("Simulate", "edit", simulations.question, icon="science")
    def simulate(self, request: HttpRequest, workflow: Workflow) -> str | None:
        return simulations.start(request, workflow)


    @confirmed("Move to the newest version", "edit", outcome.move_question, icon="moving")
    def move(self, request: HttpRequest, workflow: Workflow) -> None:
        outcome.move(request, workflow)


def _read(workflow: Any) -> Any:
    """The list's rows carry their newest version."""
    return stored.definition_of(workflow.newest, json.dumps(workflow.content)) if workflow.newest else None


def _turn(request: HttpRequest, workflow: Workflow, *, on: bool) -> None:
    Workflow.objects.filter(pk=workflow.pk).update(enabled=on)
    word = "on" if on else "off"
    user: Any = request.user
    LogEntry.objects.log_actions(user.pk, [workflow], CHANGE, f"Switched {word}")
    messages.success(request, f"“{workflow}” is {word}.")
