"""The ledger: whose word stands, what somebody said on the phone, and all of it about one person as evidence."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from automation.admin import words as workflow_words
from automation.admin.messaging import words
from automation.messaging import consent
from automation.messaging.consent import CHANNELS, PURPOSES, BadAddress
from automation.messaging.models import Consent
from automation.messaging.models.consent import Channel, Purpose
from config.backoffice import operators, pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import recent_choice
from config.backoffice.panels import Facts, Page, Panel, Table
from config.backoffice.positions import LOG_WINDOW
from config.isolation.actor import acting_unit

ADD = "automation.add_consent"
operators.may(ADD)


class Note(forms.Form):
    channel = forms.ChoiceField(choices=words.choices(Channel))
    address = forms.CharField(max_length=254, help_text="A phone number, or an e-mail address.")
    said = forms.ChoiceField(choices=(("no", "No, do not write"), ("yes", "Yes, you may write")))
    purposes = forms.MultipleChoiceField(choices=words.choices(Purpose), initial=PURPOSES, widget=forms.CheckboxSelectMultiple)
    why = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
                          help_text="What was said, where and when: this is evidence.")  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("channel") in CHANNELS and values.get("address"):
            try:
                values["address"] = consent.normal(values["channel"], values["address"])
            except BadAddress as bad:
                self.add_error("address", str(bad))
        return values


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("called", "word", "about", "witness_name", "source", "customer", "said")
    list_filter = (
        recent_choice("channel", "Channel", words.choices(Channel), rows=LOG_WINDOW),
        recent_choice("witness", "Witness", words.choices(Consent.Witness), rows=LOG_WINDOW),
        recent_choice("allowed", "Word", (("no", "no"), ("yes", "yes")), rows=LOG_WINDOW,
                      narrow=lambda rows, chosen: rows.filter(allowed=chosen == "yes")),
    )  # fmt: skip
    ordering = ("-id",)
    search_fields = ("address",)
    search_help_text = "a phone number as +16025550123, an e-mail address, or a customer's id"
    empty_list = "The ledger is empty: the worker fills it from ServiceTitan's contacts."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ADD)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.evidence)
        return [path("evidence/", view, name="automation_consent_evidence"), *super().get_urls()]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        which = {"customer_id": int(term)} if term.isdigit() and len(term) < 19 else {"address": term}
        return queryset.filter(**which), False

    def title_of(self, record: Any) -> str:
        return f"{record.address}: {record}"

    @admin.display(description="address")
    def called(self, word: Consent) -> SafeString:
        return show.lines([word.address, show.quiet(word.get_channel_display())])

    @admin.display(description="word")
    def word(self, word: Consent) -> SafeString:
        return words.word_pill(word)

    @admin.display(description="to messages")
    def about(self, word: Consent) -> str:
        return word.get_purpose_display()

    @admin.display(description="witness")
    def witness_name(self, word: Consent) -> str:
        return word.get_witness_display()

    @admin.display(description="customer")
    def customer(self, word: Consent) -> SafeString:
        return workflow_words.customer_link(word.customer_id)

    @admin.display(description="said")
    def said(self, word: Consent) -> SafeString:
        return show.moment(word.at)

    def page(self, request: HttpRequest, record: Any) -> Page:
        rows: list[tuple[str, Any]] = [
            ("Word", words.word_pill(record)), ("To messages", record.get_purpose_display()),
            ("By", record.get_channel_display()), ("Address", show.copyable(record.address)),
            ("Witness", record.get_witness_display()), ("Source", record.source), ("Why", show.some(record.why)),
            ("Noted by", show.some(record.who)), ("Customer", workflow_words.customer_link(record.customer_id)),
            ("Said", show.moment(record.at)),
        ]  # fmt: skip
        panels: list[Panel] = [Facts(title="What was said", rows=rows), _stands(record)]
        url = f"{reverse('admin:automation_consent_evidence')}?address={record.address.replace('+', '%2B')}"
        return Page(panels, lead=format_html('<a class="hub-button" href="{}">Everything about it as evidence</a>', url))

    def evidence(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        address, customer = request.GET.get("address", ""), workflow_words.number(request.GET.get("customer", ""))
        rows = consent.evidence(customer, address, acting_unit().alias)
        response = HttpResponse(json.dumps(rows, indent=2, ensure_ascii=False), content_type="application/json")
        response["Content-Disposition"] = 'attachment; filename="consent.json"'
        return response

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if object_id is not None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = Note(request.POST or None, initial={"address": request.GET.get("address", "")})
        if request.method == "POST" and form.is_valid():
            _noted(request, form.cleaned_data)
            return HttpResponseRedirect(pages.list_of(Consent, q=form.cleaned_data["address"]))
        context = {
            **self.admin_site.each_context(request), "title": "Note what somebody said", "opts": self.opts, "form": form,
            "button": "Note it", "back": pages.list_of(Consent),
        }  # fmt: skip
        return TemplateResponse(request, "automation/form.html", context)


def _noted(request: HttpRequest, given: dict[str, Any]) -> None:
    now, using, user = timezone.now(), acting_unit().alias, request.user
    consent.said(
        given["channel"], given["address"], now, allowed=given["said"] == "yes", source="staff", why=given["why"],
        purposes=given["purposes"], who=user.get_username(), using=using,
    )  # fmt: skip
    newest = Consent.objects.filter(channel=given["channel"], address=given["address"]).order_by("-pk")[:1]
    person: Any = user
    LogEntry.objects.log_actions(person.pk, list(newest), ADDITION, "Noted")
    for purpose in given["purposes"]:
        stand = consent.standing(given["channel"], given["address"], purpose, using)
        messages.success(request, f"{Purpose(purpose).label}: {'may' if stand.allowed else 'may not'} be written to. {stand.why}")


def _stands(record: Consent) -> Panel:
    found = consent.newest([(record.channel, record.address)], acting_unit().alias)
    newest = [word for purpose in PURPOSES for word in found.get((record.channel, record.address, purpose), [])]
    rows = [
        (word.get_purpose_display(), word.get_witness_display(), words.word_pill(word), word.source, show.moment(word.at))
        for word in newest
    ]
    headers = ("To messages", "Witness", "Newest word", "Source", "Said")
    note = "At least one yes, and no no: then a message may leave."
    return Table(title="How it stands", headers=headers, rows=rows, note=note)
