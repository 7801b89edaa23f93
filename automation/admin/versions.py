"""Versions of a workflow: as words, as a file, and what one changed of another."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from automation.admin import words
from automation.workflows import files, wording
from automation.workflows.definitions import Definition
from automation.workflows.models import Version, Workflow
from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.board import board
from config.backoffice.panels import Banner, Facts, Page, Panel, Table, Text

CANNOT = "This hub cannot read this version, so it is compared as it was written."


def newest(workflow: Workflow) -> Version | None:
    return Version.objects.filter(workflow=workflow).order_by("-number").first()


def url(name: str, workflow: Workflow, **query: Any) -> str:
    here = reverse(f"admin:automation_workflow_{name}", args=[workflow.pk])
    return f"{here}?{urlencode(query)}" if query else here


def _numbered(request: HttpRequest, workflow: Workflow, name: str) -> Version:
    """The version that the address asks for, or the newest."""
    asked = request.GET.get(name)
    version = Version.objects.filter(workflow=workflow, number=words.number(asked)).first() if asked else newest(workflow)
    if version is None:
        raise Http404
    return version


def export(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """As `run_workflows --import` takes it."""
    version = _numbered(request, workflow, "number")
    name = f"{workflow.name}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(files.written(version.content) + "\n", content_type="application/json", headers=headers)


def one(admin: ReadOnlyAdmin, request: HttpRequest, workflow: Workflow) -> HttpResponse:
    version = _numbered(request, workflow, "number")
    definition = words.definition(version)
    rows: list[tuple[str, Any]] = [
        ("Workflow", pages.link_to(workflow)), ("Made", show.moment(version.made_at)), ("By", show.some(version.made_by)),
        ("As a file", show.link(url("export", workflow, number=version.number), "Export as JSON")),
    ]  # fmt: skip
    panels: list[Panel] = [Facts(title="Version", rows=rows)]
    if definition is not None:
        said = [(label, show.lines(list(lines))) for label, lines in _parts(definition)]
        panels.append(Facts(title="What it says", rows=said))
        panels.append(Text(title="Steps", content=_marked("=", [*_step_lines(definition)])))
    panels.append(Text(title="As JSON", content=show.pretty(files.ordered(version.content)), folded=definition is not None))
    banners = [] if definition else [Banner("This hub cannot read this version.", show.BAD)]
    return board(admin, request, f"{workflow}, version {version.number}", Page(panels, banners))


def difference(admin: ReadOnlyAdmin, request: HttpRequest, workflow: Workflow) -> HttpResponse:
    old, new = _numbered(request, workflow, "old"), _numbered(request, workflow, "new")
    before, after = words.definition(old), words.definition(new)
    panels: list[Panel] = [_which(workflow, old, new)]
    banners: list[Banner] = []
    if before is None or after is None:
        banners.append(Banner(CANNOT, show.WARNING))
        texts = [files.written(version.content).splitlines() for version in (old, new)]
        panels.append(Text(title="As JSON", content=compared(*texts)))
    else:
        panels.append(_changed(before, after))
        panels.append(Text(title="Steps", content=compared([*_step_lines(before)], [*_step_lines(after)])))
    title = f"{workflow}: version {new.number} against {old.number}"
    return board(admin, request, title, Page(panels, banners))


def _which(workflow: Workflow, old: Version, new: Version) -> Panel:
    """From here to any other pair."""
    numbers = list(Version.objects.filter(workflow=workflow).order_by("-number").values_list("number", flat=True)[:50])
    against = [
        show.link(url("diff", workflow, old=number, new=new.number), str(number)) for number in numbers if number != new.number
    ]
    rows = [
        ("Workflow", pages.link_to(workflow)),
        ("Before", _made(workflow, old)),
        ("After", _made(workflow, new)),
        ("Compare with", show.format_inline(*against) if against else show.NOTHING),
    ]
    return Facts(title="Versions", rows=rows)


def _made(workflow: Workflow, version: Version) -> SafeString:
    link = show.link(url("versions", workflow, number=version.number), f"version {version.number}")
    return format_html("{}, {} by {}", link, show.moment(version.made_at), version.made_by or show.DASH)


def _changed(before: Definition, after: Definition) -> Panel:
    old, new = dict(_parts(before)), dict(_parts(after))
    rows = [(label, compared(old[label], new[label])) for label in new if old[label] != new[label]]
    return Table(title="Besides the steps", headers=("What", "Change"), rows=rows, empty="Nothing but the steps.")


def _parts(definition: Definition) -> Iterator[tuple[str, Sequence[str]]]:
    """Everything but the steps: (label, lines)."""
    yield "Title", [definition.title]
    yield "Begins when", [wording.sentence(wording.event(definition.event, definition.days))]
    yield "Entry condition", wording.condition_lines(definition.entry)
    yield "Goal", wording.condition_lines(definition.goal) if definition.goal is not None else ["None"]
    for label, text in wording.rules(definition):
        yield label, [text]


def _step_lines(definition: Definition) -> Iterator[str]:
    """Without their numbers: one more step in front would change them all."""
    for line in wording.outline(definition.program):
        yield "\N{NO-BREAK SPACE}" * 4 * line.depth + line.text


def compared(old: Sequence[str], new: Sequence[str]) -> SafeString:
    """Lines that stay, that went and that came."""
    found: list[SafeString] = []
    for what, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(_marked("=", old[a:b]))
        else:
            found += [_marked("-", old[a:b]), _marked("+", new[c:d])]
    return format_html('<div class="hub-diff">{}</div>', format_html_join("", "{}", ((part,) for part in found)))


def _marked(mark: str, lines: Sequence[str]) -> SafeString:
    tag = {"=": "div", "-": "del", "+": "ins"}[mark]
    return format_html_join("", '<{} class="hub-line">{}</{}>', ((tag, line, tag) for line in lines))
