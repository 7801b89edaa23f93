"""Writing a workflow: a form that posts the whole definition, which the engine's own reader judges. A save is a version."""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin import models as log
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from automation.admin import vocabulary, words
from automation.workflows import files, stored, wording
from automation.workflows.definitions import BadDefinition, read
from automation.workflows.files import parsed
from automation.workflows.models import Version, Workflow
from config.backoffice import pages
from config.backoffice.base import ReadOnlyAdmin
from config.isolation.actor import acting_unit

ADD, CHANGE = "automation.add_workflow", "automation.change_workflow"
LONGEST = 200_000  # characters
BLANK: dict[str, Any] = {
    "name": "", "title": "", "trigger": {"event": "estimate.created"}, "entry": {"all": []}, "reentry": "once", "priority": 50,
    "steps": [{"do": "wait", "for": "1d"}, {"do": "send sms", "template": ""}],
}  # fmt: skip
_PLACE = re.compile(r"([a-z_]+(?:\[\d+\]|\.[a-z_]+)*): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Draft:
    """What stands in the form. `error`: why it was not stored. `base`: the version it began from."""

    text: str
    base: int = 0
    error: str = ""


def found(pk: int) -> Workflow:
    workflow = Workflow.objects.filter(pk=pk).first()
    if workflow is None:
        raise Http404
    return workflow


def new(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(ADD):
        raise PermissionDenied
    if request.method != "POST":
        return _form(admin, request, None, Draft(files.written(BLANK)))
    return _posted(admin, request, None)


def change(admin: ReadOnlyAdmin, request: HttpRequest, workflow: Workflow) -> HttpResponse:
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    if request.method != "POST":
        version = Version.objects.filter(workflow=workflow).order_by("-number").first()
        draft = Draft(files.written(version.content), version.number) if version else Draft(files.written(BLANK))
        return _form(admin, request, workflow, draft)
    return _posted(admin, request, workflow)


def _posted(admin: ReadOnlyAdmin, request: HttpRequest, workflow: Workflow | None) -> HttpResponse:
    text, base = request.POST.get("definition", ""), max(0, words.number(request.POST.get("base", "0")))
    try:
        one, is_new = _stored(_content(text), workflow, base, request.user.get_username())
    except BadDefinition as bad:
        return _form(admin, request, workflow, Draft(text[:LONGEST], base, str(bad)))
    user: Any = request.user
    if is_new:
        did, flag = f"Made version {one.version.number}", log.ADDITION if workflow is None else log.CHANGE
        log.LogEntry.objects.log_actions(user.pk, [one.workflow], flag, did)
        messages.success(request, f"Saved as version {one.version.number}. {_after(one)}")
    else:
        messages.info(request, "Nothing differs from the newest version: nothing was saved.")
    return HttpResponseRedirect(pages.page_of(Workflow, one.workflow.pk))


def _after(one: stored.Current) -> str:
    if one.workflow.enabled:
        return "From now on records enter this version; who is inside finishes on the version he entered with."
    return "It is off: switch it on when it is as you want it."


def _content(text: str) -> Any:
    if len(text) > LONGEST:
        raise BadDefinition(f"It is longer than {LONGEST:,} characters.")
    try:
        return parsed(text)
    except ValueError as error:
        raise BadDefinition(f"It cannot be read as JSON: {error}.") from error


def _stored(content: Any, workflow: Workflow | None, base: int, who: str) -> tuple[stored.Current, bool]:
    """The second part: whether it made a version. Raises BadDefinition."""
    using, name = acting_unit().alias, read(content).name
    with transaction.atomic(using=using):
        if workflow is None and Workflow.objects.filter(name=name).exists():
            raise BadDefinition(f"name: there is a workflow {name} already. Choose another name, or change that one.")
        if workflow is not None:
            _check_same(workflow, name, base, using)
        one = stored.store(content, who, timezone.now(), using=using)
    return one, one.version.number != base


def _check_same(workflow: Workflow, name: str, base: int, using: str) -> None:
    """Locked until it is stored: of two people who save at once, the second is told."""
    if name != workflow.name:
        raise BadDefinition(f"name: it stays {workflow.name}. For another workflow, make a new one.")
    Workflow.objects.using(using).select_for_update().get(pk=workflow.pk)
    last = Version.objects.filter(workflow=workflow).order_by("-number").first()
    if last is not None and last.number != base:
        raise BadDefinition(
            f"{last.made_by or 'Somebody'} saved version {last.number} meanwhile. Nothing of yours is lost: it stands below. "
            f"Copy it from “As JSON”, open the workflow again, and put your changes in."
        )


def _form(admin: ReadOnlyAdmin, request: HttpRequest, workflow: Workflow | None, draft: Draft) -> HttpResponse:
    placed = _PLACE.fullmatch(draft.error)
    place, said = (placed[1], placed[2]) if placed else ("", draft.error)
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": f"{workflow}: a new version" if workflow else "A new workflow",
        "opts": admin.opts,
        "original": workflow,
        "draft": draft,
        "given": {
            "vocabulary": vocabulary.vocabulary(), "isNew": workflow is None,
            "error": {"place": place, "said": wording.sentence(said)},
            "matches": reverse("admin:automation_workflow_matches"),
        },
        "back": pages.page_of(Workflow, workflow.pk) if workflow else pages.list_of(Workflow),
    }  # fmt: skip
    request.current_app = admin.admin_site.name
    return TemplateResponse(request, "automation/editor.html", context)
