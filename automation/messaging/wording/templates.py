"""Templates: checked whole when they are saved. A change makes a version, and the newest is the one that is sent."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from automation.messaging.models import Template, TemplateVersion
from automation.messaging.wording.facts import sample
from automation.messaging.wording.language import LANGUAGE, LiquidError
from automation.messaging.wording.names import KNOWN, names_of
from automation.messaging.wording.rendering import Missing, written
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
    if not _SLUG.fullmatch(draft.name) or len(draft.name) > 100:
        raise BadTemplate("name: write small letters, digits and single hyphens, such as unsold-estimate-1.")
    choices = (("kind", draft.kind, KINDS), ("purpose", draft.purpose, PURPOSES), ("entity", draft.entity, tuple(KNOWN)))
    for what, value, known in choices:
        if value not in known:
            raise BadTemplate(f"{what}: {value!r} is none of {', '.join(known)}.")
    if draft.kind != "sms" and not draft.subject.strip():
        raise BadTemplate("subject: an e-mail has one.")
    for place, source in (("subject", draft.subject), ("body", draft.body)):
        _check_source(place, source, draft.entity)
    try:
        written(draft.kind, draft.purpose, draft.subject, draft.body, sample(draft.entity))
    except Missing as missing:
        raise BadTemplate(f"With the examples in place of a record: {missing}") from missing


def _check_source(place: str, source: str, entity: str) -> None:
    if len(source) > LONGEST or "\0" in source:
        raise BadTemplate(f"{place}: at most {LONGEST} characters.")
    try:
        analysis = LANGUAGE.parse(source).analyze()
    except (LiquidError, RecursionError) as error:
        raise BadTemplate(f"{place}: {_said(error)}") from error
    known = names_of(entity)
    for uses in analysis.variables.values():
        for use in uses:
            name = ".".join(map(str, use.segments))
            if name not in known:
                line = source.count("\n", 0, max(0, use.span.index)) + 1
                raise BadTemplate(f"{place}, line {line}: there is no {name}. There are: {', '.join(known)}.")


def _said(error: Exception) -> str:
    """The first line of Liquid's own words, with the place."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__


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


