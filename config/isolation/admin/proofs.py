"""The page "Fences", and one page for each measurement."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, LogEntry
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from config.backoffice import operators, show
from config.backoffice.asking import Question, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.panels import Banner, Page, Panel, Table, Text
from config.isolation.admin import picture
from config.isolation.admin.overview import last_proof
from config.isolation.manifest import UNITS
from config.isolation.models import Proof
from config.isolation.proof.matrix import COLUMNS, MEANING, TITLES

RIGHT = "isolation.add_proof"
operators.may(RIGHT)

TONES = {"own": show.GOOD, "reads": show.INFO, "people": show.INFO, "closed": show.PLAIN, "SURPRISE": show.BAD}
SURPRISES_SHOWN = 100


def _question(_: Any, __: Any) -> Question:
    waiting = Proof.objects.filter(started_at=None).exists()
    return Question(
        "Measure the fences again?",
        "Tries every forbidden act as every unit, on tables made for it and dropped again, and every permitted one. "
        "It takes a few seconds, changes nothing and disturbs nobody. It is done where the owner's login is: by "
        "`manage.py isolation_watch`, which `manage.py up` starts.",
        "Measure again",
        "It was asked for already and is not done yet." if waiting else "",
    )


@admin.register(Proof)
class ProofAdmin(ReadOnlyAdmin):
    list_display = ("number", "asked", "by", "condition", "tried", "took")
    ordering = ("-id",)
    list_per_page = 10
    actions_list = ("measure",)
    empty_list = "The fences have not been measured yet. “Measure again” asks for it; so does `manage.py isolation prove`."

    def has_measure_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(RIGHT)

    @confirmed("Measure again", "measure", _question, icon="speed")
    def measure(self, request: HttpRequest, _: Any) -> None:
        proof = Proof.objects.create(asked_at=timezone.now(), asked_by=request.user.get_username())
        user: Any = request.user
        LogEntry.objects.log_actions(user.pk, [proof], ADDITION, "asked for a measurement of the fences")

    def list_notes(self, request: HttpRequest) -> list[Panel]:
        """The fences themselves, above the list of measurements."""
        proof = last_proof()
        drawn = Text(title="Who writes where", content=picture.drawn())
        return [drawn, *(_panels(proof) if proof else [])]

    def title_of(self, record: Any) -> str:
        return f"Measurement {record.pk}"

    def page(self, request: HttpRequest, record: Proof) -> Page:
        banners = [Banner(f"It broke off: {record.error}", show.BAD)] if record.error else []
        return Page(_panels(record), banners, self.condition(record))

    @admin.display(description="number")
    def number(self, proof: Proof) -> str:
        return f"#{proof.pk}"

    @admin.display(description="asked for")
    def asked(self, proof: Proof) -> SafeString:
        return show.moment(proof.asked_at)

    @admin.display(description="by")
    def by(self, proof: Proof) -> str:
        return proof.asked_by

    @admin.display(description="result")
    def condition(self, proof: Proof) -> SafeString:
        if proof.error:
            return show.pill("broke off", show.BAD)
        if proof.started_at is None:
            return show.pill("waits for isolation_watch", show.PLAIN)
        if proof.finished_at is None:
            return show.pill("being measured", show.INFO)
        count = len(proof.surprises)
        return show.pill("the fences hold", show.GOOD) if not count else show.pill(f"{count} surprises", show.BAD)

    @admin.display(description="acts tried")
    def tried(self, proof: Proof) -> str:
        return f"{proof.acts:,}"

    @admin.display(description="took")
    def took(self, proof: Proof) -> str:
        return show.duration(proof.seconds)


def _panels(proof: Proof) -> Iterable[Panel]:
    return [_matrix(proof), *_surprises(proof), *_drift(proof)]


def _matrix(proof: Proof) -> Panel:
    headers = ("Unit", *(TITLES.get(column, column) for column in COLUMNS))
    cells = {unit.name: proof.matrix.get(unit.name, {}) for unit in UNITS}  # in the manifest's order
    rows = [(name, *(_cell(row.get(column)) for column in COLUMNS)) for name, row in cells.items() if row]
    words = " ".join(f"{word}: {meaning}." for word, meaning in MEANING if word != "SURPRISE")
    when = f"{proof.acts:,} acts tried {show.age(proof.finished_at)}. " if proof.finished_at else ""
    return Table(title="As measured", headers=headers, rows=rows, note=f"{when}{words}", empty="Nothing was measured.")


def _cell(cell: dict[str, Any] | None) -> SafeString:
    if cell is None:
        return show.NOTHING
    return show.format_inline(show.pill(cell["word"], TONES[cell["word"]]), show.quiet(f"{cell['refused'] + cell['worked']:,}"))


def _surprises(proof: Proof) -> list[Panel]:
    if not proof.surprises:
        return []
    rows = [
        (s["unit"], "could" if s["worked"] else "could not", s["what"], s["place"], show.short(s["detail"], 160))
        for s in proof.surprises[:SURPRISES_SHOWN]
    ]
    headers = ("Unit", "", "What", "Where", "In the words of")
    return [Table(title="Surprises", count=str(len(proof.surprises)), headers=headers, rows=rows)]


def _drift(proof: Proof) -> list[Panel]:
    rows = [(line,) for line in proof.drift]
    note = "`manage.py isolation apply` mends it." if rows else ""
    empty = "The servers' grants and users are as the manifest says."
    return [Table(title="Drift", headers=("Differs from the manifest",), rows=rows, note=note, empty=empty)]

