"""Templates: what is said, how it looks with a real record, and the form that makes a new version."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from automation.admin import words as workflow_words
from automation.admin.messaging import words
from automation.messaging.models import Template, TemplateVersion
from automation.messaging.models.consent import Purpose
from automation.messaging.wording import facts, rendering, templates
from automation.messaging.wording.names import KNOWN, names_of
from automation.messaging.wording.segments import measure
from automation.messaging.wording.templates import BadTemplate, Draft
from config.backoffice import operators, pages, show
from config.backoffice.asking import Question, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.panels import Ask, Facts, Page, Panel, Table, Text
from config.isolation.actor import acting_unit

ADD, EDIT = "automation.add_template", "automation.change_template"
operators.may(ADD, EDIT)
VERSIONS_SHOWN = 20


class TemplateForm(forms.Form):
    """`fixed`: of a template that is there, what stays."""

    name = forms.SlugField(max_length=100, help_text="As workflows call it, such as unsold-estimate-1.")
    title = forms.CharField(max_length=200)
    kind = forms.ChoiceField(choices=words.choices(Template.Kind))
    purpose = forms.ChoiceField(choices=words.choices(Purpose), help_text="Marketing wants a consent of its own.")
    entity = forms.ChoiceField(choices=[(name, name) for name in KNOWN], label="About")
    subject = forms.CharField(max_length=500, required=False, help_text="Of an e-mail or a note to staff.")
    body = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true"}), label="Text",
        help_text='In Liquid: {{ customer.first_name | default: "there" }}, {% if ... %} ... {% endif %}.',
    )  # fmt: skip

    def __init__(self, *given: Any, fixed: bool = False, **more: Any) -> None:
        super().__init__(*given, **more)
        for name in ("name", "kind", "entity") if fixed else ():
            self.fields[name].disabled = True


def _ready_question(_: Any, __: Any) -> Question:
    there = set(Template.objects.values_list("name", flat=True))
    found = [draft.title for draft in templates.ready() if draft.name not in there]
    text = "Brings in what is not here yet:\n" + "\n".join(f"• {title}" for title in found)
    return Question("Bring in the ready-made templates?", text, "Bring them in", "" if found else "All of them are here.")


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin):
    list_display = ("called", "kind", "purpose", "entity", "newest", "changed")
    ordering = ("name",)
    actions_list = ("bring_in",)
    empty_list = "No template yet. “Bring in the ready-made ones” makes some to begin with."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ADD)

    def has_bring_in_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(ADD)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = TemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number")
        parts = {name: Subquery(newest.values(name)[:1]) for name in ("number", "body")}
        rows: QuerySet[Any] = super().get_queryset(request).annotate(**parts, at=Subquery(newest.values("made_at")[:1]))
        return rows

    def get_urls(self) -> list[Any]:
        edit = self.admin_site.admin_view(self.edit)
        return [path("<int:pk>/edit/", edit, name="automation_template_edit"), *super().get_urls()]

    @admin.display(description="template")
    def called(self, template: Template) -> SafeString:
        return show.lines([str(template), show.quiet(template.name)])

    @admin.display(description="text")
    def newest(self, template: Any) -> str:
        return show.short(template.body, 90) or show.DASH

    @admin.display(description="changed")
    def changed(self, template: Any) -> SafeString:
        return show.moment(template.at)

    def page(self, request: HttpRequest, record: Template) -> Page:
        version = templates.current(record.name)
        asked = request.GET.get("id", "")
        panels: list[Panel] = [_about(record)]
        if version is not None:
            panels += [_source(version), _preview(version, asked), _ask(record, asked)]
        lead: Any = ""
        if request.user.has_perm(EDIT):
            url = reverse("admin:automation_template_edit", args=[record.pk])
            lead = format_html('<a class="hub-button" href="{}">Edit</a>', url)
        return Page([*panels, _versions(record)], lead=lead)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if object_id is not None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        if not request.user.has_perm(ADD):
            raise PermissionDenied
        return self._form(request, None)

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(EDIT):
            raise PermissionDenied
        template = Template.objects.filter(pk=pk).first()
        if template is None:
            raise Http404
        return self._form(request, template)

    def _form(self, request: HttpRequest, template: Template | None) -> HttpResponse:
        version = templates.current(template.name) if template else None
        initial = {name: getattr(template, name) for name in ("name", "title", "kind", "purpose", "entity")} if template else {}
        if version is not None:
            initial |= {"subject": version.subject, "body": version.body}
        form, error = TemplateForm(request.POST or None, initial=initial, fixed=template is not None), ""
        if request.method == "POST" and form.is_valid():
            try:
                return _stored(request, Draft(**form.cleaned_data), is_new=template is None)
            except BadTemplate as bad:
                error = str(bad)
        entity = template.entity if template else "estimate"
        context = {
            **self.admin_site.each_context(request), "title": f"{template}: a new version" if template else "A new template",
            "opts": self.opts, "form": form, "error": error, "button": "Save as a new version" if template else "Save",
            "back": pages.page_of(Template, template.pk) if template else pages.list_of(Template),
            "names": sorted(names_of(entity).items()),
        }  # fmt: skip
        return TemplateResponse(request, "automation/form.html", context)

    @confirmed("Bring in the ready-made ones", "bring_in", _ready_question, icon="auto_fix_high", variant=ActionVariant.DEFAULT)
    def bring_in(self, request: HttpRequest, _: Any) -> None:
        made = templates.bring_in_ready(request.user.get_username(), timezone.now(), acting_unit().alias)
        user: Any = request.user
        LogEntry.objects.log_actions(user.pk, [one.template for one in made], ADDITION, "Brought in, ready-made")
        messages.success(request, f"{len(made)} templates brought in.")


def _stored(request: HttpRequest, draft: Draft, *, is_new: bool) -> HttpResponse:
    """Raises BadTemplate."""
    if is_new and Template.objects.filter(name=draft.name).exists():
        raise BadTemplate(f"name: there is a template {draft.name} already. Choose another name, or change that one.")
    version = templates.store(draft, request.user.get_username(), timezone.now(), acting_unit().alias)
    user: Any = request.user
    LogEntry.objects.log_actions(user.pk, [version.template], ADDITION if is_new else CHANGE, f"Version {version.number}")
    messages.success(request, f"Saved. Version {version.number} is the one that is sent from now on.")
    return HttpResponseRedirect(pages.page_of(Template, version.template.pk))


def _about(template: Template) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Name", show.copyable(template.name)), ("Kind", template.get_kind_display()),
        ("Purpose", template.get_purpose_display()), ("About", template.entity),
    ]  # fmt: skip
    return Facts(title="Template", rows=rows)


def _source(version: TemplateVersion) -> Panel:
    text = f"{version.subject}\n\n{version.body}" if version.subject else version.body
    return Text(title=f"Version {version.number}", content=format_html('<pre class="hub-json">{}</pre>', text))


def _preview(version: TemplateVersion, asked: str) -> Panel:
    """With a real record where one is asked for, else with the examples."""
    template, now = version.template, timezone.now()
    id = workflow_words.number(asked)
    known = facts.facts_of(template.entity, [id], now).get(id) if asked else facts.sample(template.entity)
    title = f"How it looks for {template.entity} {id}" if asked else "How it looks, with examples"
    if known is None:
        return Text(title=title, content=f"There is no {template.entity} {asked}.")
    try:
        text = rendering.render(version, known)
    except rendering.Missing as missing:
        return Text(title=title, content=show.pill(f"It would not be sent: {missing}", show.WARNING))
    said = f"{text.subject}\n\n{text.body}" if text.subject else text.body
    size = ""
    if text.segments:
        odd = measure(text.body).odd
        because = f"; because of {' '.join(odd)}" if odd else ""
        size = f"{text.segments} parts ({text.encoding}), {rendering.cost_of(text.segments)}{because}"
    return Text(title=title, content=show.lines([words.text(said), show.quiet(size)]))


def _ask(template: Template, asked: str) -> Panel:
    kinds = ((template.entity, template.entity),)
    return Ask(title="Look at it with a real record", choices=kinds, chosen=template.entity, value=asked)


def _versions(template: Template) -> Panel:
    found = list(TemplateVersion.objects.filter(template=template).order_by("-number")[:VERSIONS_SHOWN])
    rows = [(f"version {v.number}", show.moment(v.made_at), show.some(v.made_by), show.short(v.body, 90)) for v in found]
    return Table(title="Versions", headers=("Version", "Made", "By", "Text"), rows=rows, folded=True)
