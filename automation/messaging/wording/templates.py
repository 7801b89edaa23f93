"""Templates: checked whole when they are saved. A change makes a version, and the newest is the one that is sent."""

import re
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.db import transaction

from automation.messaging.models import Template, TemplateVersion
from automation.messaging.wording.facts import sample
from automation.messaging.wording.language import FILTERS, at, parsed, place, said
from automation.messaging.wording.names import KNOWN, names_of
from automation.messaging.wording.rendering import Missing, Text, Unwritable, written
from automation.workflows.events import ALIAS

READY = Path(__file__).parent / "ready"
LONGEST = 5000
KINDS, PURPOSES = tuple(Template.Kind.values), ("service", "marketing")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class BadTemplate(ValueError):
    """The message says where it is wrong, and what would be right."""


@dataclass(frozen=True)
class Draft:
    """What a file or the admin says."""

    name: str
    title: str
    kind: str
    purpose: str
    entity: str
    subject: str
    body: str


def check(draft: Draft) -> None:
    """Raises BadTemplate."""
    _check_about(draft)
    used = set[str]().union(*(
        _check_source(place, source, draft.entity) for place, source in (("subject", draft.subject), ("body", draft.body))
    ))  # fmt: skip
    try:
        text = _with(draft)
    except Missing as missing:
        raise BadTemplate(f"With the examples in place of a record: {missing}") from missing
    if re.search(r"[{}]", text.subject + text.body):
        raise BadTemplate("A { or } would be sent as it is. A name is written with two: {{ customer.name }}.")
    for name in sorted(used):  # what is written where it is missing has to be sound, too
        try:
            _with(draft, without=name)
        except Unwritable as bad:
            raise BadTemplate(f"With the examples, and without {name}: {bad}") from bad
        except Missing:
            continue


def _check_about(draft: Draft) -> None:
    if not _SLUG.fullmatch(draft.name) or len(draft.name) > 100:
        raise BadTemplate("name: write small letters, digits and single hyphens, such as unsold-estimate-1.")
    choices = (("kind", draft.kind, KINDS), ("purpose", draft.purpose, PURPOSES), ("entity", draft.entity, tuple(KNOWN)))
    for what, value, known in choices:
        if value not in known:
            raise BadTemplate(f"{what}: {value!r} is none of {', '.join(known)}.")
    if (draft.kind == "sms") == bool(draft.subject.strip()):
        raise BadTemplate(f"subject: {'a text message has none' if draft.kind == 'sms' else 'an e-mail has one'}.")
    for what, value, most in (("title", draft.title, 200), ("subject", draft.subject, 300), ("body", draft.body, LONGEST)):
        if len(value) > most:
            raise BadTemplate(f"{what}: at most {most:,} characters.")
        if bad := [sign for sign in value if sign == "\0" or "\ud800" <= sign <= "\udfff"]:
            raise BadTemplate(f"{what}: {bad[0]!r} is no character.")


def _check_source(what: str, source: str, entity: str) -> set[str]:
    """Returns the names that it uses."""
    try:
        analysis = parsed(source).analyze()
    except Exception as error:  # whoever wrote it is told, whatever it was
        where = ", ".join(filter(None, (what, place(source, error))))
        raise BadTemplate(f"{where}: {said(error)}.") from error
    for name, spans in analysis.filters.items():
        if name not in FILTERS:
            known = ", ".join(sorted(FILTERS))
            raise BadTemplate(f"{what}, {at(source, spans[0].index)}: there is no filter {name}. There are: {known}.")
    uses = [use for part in analysis.variables.values() for use in part]
    for use in uses:
        if ".".join(map(str, use.segments)) not in names_of(entity) or len(use.segments) != 2:
            raise BadTemplate(f"{what}, {at(source, use.span.index)}: {_unknown(str(use), entity)}")
    return {".".join(map(str, use.segments)) for use in uses}


def _unknown(name: str, entity: str) -> str:
    known = list(names_of(entity))
    near = get_close_matches(name, known, 1)
    return f"there is no {name}{f': is it {near[0]}?' if near else '.'} There are: {', '.join(known)}."


def _with(draft: Draft, without: str = "") -> Text:
    """With the examples. Raises Missing."""
    about, _, name = without.partition(".")
    known = {key: {one: value for one, value in part.items() if (key, one) != (about, name)} for key, part in
             sample(draft.entity).items()}  # fmt: skip
    return written(draft.kind, draft.purpose, draft.subject, draft.body, known)


def store(draft: Draft, who: str, now: datetime, using: str = ALIAS) -> TemplateVersion:
    """Raises BadTemplate, and then nothing is changed. The same content once more makes no version."""
    check(draft)
    with transaction.atomic(using=using):
        rows = Template.objects.using(using)
        about = {"title": draft.title, "kind": draft.kind, "purpose": draft.purpose, "entity": draft.entity}
        template, made = rows.get_or_create(name=draft.name, defaults={**about, "made_at": now, "made_by": who})
        rows.select_for_update().get(pk=template.pk)
        if not made:
            if (template.kind, template.entity) != (draft.kind, draft.entity):
                raise BadTemplate(f"name: {draft.name} is {template.kind} about a {template.entity}. Take another name.")
            for name, value in about.items():
                setattr(template, name, value)
            template.save(using=using)
        last = TemplateVersion.objects.using(using).filter(template=template).order_by("-number").first()
        if last is None or (last.subject, last.body) != (draft.subject, draft.body):
            last = TemplateVersion.objects.using(using).create(
                template=template, number=last.number + 1 if last else 1, subject=draft.subject, body=draft.body, made_at=now,
                made_by=who,
            )  # fmt: skip
        last.template = template
    return last


def current(name: str) -> TemplateVersion | None:
    """The newest, with its template."""
    return TemplateVersion.objects.filter(template__name=name).select_related("template").order_by("-number").first()


def newest() -> list[TemplateVersion]:
    """Of every template, by name."""
    rows = TemplateVersion.objects.select_related("template").order_by("template__name", "-number")
    return list(rows.distinct("template__name"))


def ready() -> list[Draft]:
    """The templates that come with the hub: a few lines of what they are, an empty one, and the text."""
    return [_read(path) for path in sorted(READY.glob("*.liquid"))]


def _read(path: Path) -> Draft:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    values: dict[str, Any] = dict(line.split(": ", 1) for line in head.splitlines() if not line.startswith("#"))
    return Draft(
        path.stem, values["title"], values["kind"], values["purpose"], values["entity"], values.get("subject", ""), body.strip()
    )


def bring_in_ready(who: str, now: datetime, using: str = ALIAS) -> list[TemplateVersion]:
    """Those that are not there yet: what people have changed stays theirs."""
    there = set(Template.objects.using(using).values_list("name", flat=True))
    return [store(draft, who, now, using) for draft in ready() if draft.name not in there]
