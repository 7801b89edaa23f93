"""A proof as people read it, and as machines do."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.isolation.proof import matrix
from config.isolation.proof.matrix import COLUMNS, MEANING, TITLES, Cell
from config.isolation.proof.run import Proved

STYLES = {"own": "green", "reads": "cyan", "people": "magenta", "closed": "dim", "SURPRISE": "bold red"}
SHOWN = 40  # surprises in full; one cause often makes many


def as_json(proved: Proved) -> dict[str, Any]:
    return {
        "ok": not proved.surprises,
        "acts": len(proved.results),
        "refused": sum(1 for result in proved.results if not result.worked),
        "seconds": round(proved.seconds, 2),
        "matrix": matrix.as_json(proved.cells),
        "surprises": matrix.surprises(proved.results),
    }


def show(proved: Proved, out: Any) -> None:
    """A picture: a line a unit, a column a place. `out`: a stream, or Django's wrapper of one."""
    console = Console(file=out, width=None if out.isatty() else 150, highlight=False)
    cells = proved.cells
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("unit")
    for column in COLUMNS:
        table.add_column(TITLES.get(column, column))
    for unit, row in cells.items():
        table.add_row(Text(unit, style="bold"), *(_text(row.get(column)) for column in COLUMNS))
    console.print(table)
    for word, meaning in MEANING:
        if word != "SURPRISE" or proved.surprises:
            console.print(Text(f"{word:<8}", style=STYLES[word]), Text(f" {meaning}"), sep="")
    console.print()
    _verdict(proved, console)


def _text(cell: Cell | None) -> Text:
    if cell is None:
        return Text("-", style="dim")
    return Text(f"{cell.word} ", style=STYLES[cell.word]).append(f"{cell.refused + cell.worked:,}", style="dim")


def _verdict(proved: Proved, console: Console) -> None:
    tried = f"{len(proved.results):,} acts tried in {proved.seconds:.1f} s"
    if not proved.surprises:
        refused = sum(1 for result in proved.results if not result.worked)
        verdict = f"{tried}: {refused:,} forbidden ones refused, all permitted ones work. The fences hold."
        console.print(Text(verdict, style="green"))
        return
    console.print(Text(f"{tried}: {len(proved.surprises)} surprises.", style="bold red"))
    for result in proved.surprises[:SHOWN]:
        verb = "could" if result.worked else "could not"
        console.print(Text(f"  '{result.act.unit}' {verb}: {result.act.what} [{result.act.place}] {result.detail}".rstrip()))
    if len(proved.surprises) > SHOWN:
        console.print(Text(f"  ... and {len(proved.surprises) - SHOWN} more: --json has them all."))
