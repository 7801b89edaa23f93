"""CSV as jobs take and give it."""

import csv
import io
from collections.abc import Iterable

from salesforce.sandbox.bulk.jobs import DELIMITERS, ENDINGS, Cells, Job
from salesforce.sandbox.switches import Switches

_MOST_COLUMNS, _MOST_CELL = 5_000, 131_072


class BadTable(Exception):
    """The job fails as a whole: its errorMessage."""


def parse(job: Job, switches: Switches) -> tuple[Cells, list[Cells]]:
    """Header and rows."""
    try:
        text = bytes(job.data).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadTable("ClientInputError : The data is not UTF-8") from None
    if _wrong_ending(text, job.ending, switches):
        raise BadTable(f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {job.ending}")
    csv.field_size_limit(max(csv.field_size_limit(), 10 * _MOST_CELL))
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[job.delimiter]) if row]
    if not rows:
        raise BadTable("InvalidBatch : No header row was found")
    header, *rest = rows
    if len(header) > _MOST_COLUMNS:
        raise BadTable(f"InvalidBatch : At most {_MOST_COLUMNS} columns")
    for number, row in enumerate(rest, 2):
        if len(row) != len(header) or any(len(cell) > _MOST_CELL for cell in row):
            raise BadTable(f"InvalidBatch : Row {number} does not fit the header, or a field is longer than {_MOST_CELL}")
    return header, rest


def _wrong_ending(text: str, ending: str, switches: Switches) -> bool:
    """Whether the other line ending occurs: anywhere, or between records alone."""
    if switches.bulk_line_endings == "records":
        outside = "".join(text.split('"')[::2])  # what stands between quotes is left out
        return _other(outside, ending)
    return _other(text, ending)


def _other(text: str, ending: str) -> bool:
    return "\r" in text if ending == "LF" else "\n" in text.replace("\r\n", "")


def write(job: Job, extra: Cells, rows: Iterable[Cells]) -> bytes:
    """Every cell in quotes."""
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=DELIMITERS[job.delimiter], lineterminator=ENDINGS[job.ending], quoting=csv.QUOTE_ALL
    )
    writer.writerow([*extra, *job.header])
    writer.writerows(rows)
    return out.getvalue().encode()
