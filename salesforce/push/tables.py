"""Tables of bulk jobs: what is sent, and what comes back.

Source: Bulk API 2.0 Developer Guide, "Prepare CSV Files": an empty cell leaves a field alone, #N/A clears it, names of fields are
the header, the parent's key is a column Account.KEY.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

CLEARED = "#N/A"
MOST_BYTES = 90_000_000  # of the 100 MB that a job may hold before it is encoded


def written(key: str, columns: Sequence[str], rows: Iterable[tuple[int, Mapping[str, Any]]]) -> tuple[bytes, list[int]]:
    """(the table, whose records are in it): as many of `rows`, (customer, values), as one job may hold."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow([key, *columns])
    included = []
    for customer_id, values in rows:
        writer.writerow([str(customer_id), *(_cell(values, name) for name in columns)])
        included.append(customer_id)
        if out.tell() > MOST_BYTES // 4:  # a character may take four bytes
            break
    return out.getvalue().encode(), included


def _cell(values: Mapping[str, Any], name: str) -> str:
    if name not in values:
        return ""
    value = values[name]
    if value is None:
        return CLEARED
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def read(table: str) -> Iterator[dict[str, str]]:
    """The rows of a result, by their columns. Lines that are none are left out."""
    for row in csv.DictReader(io.StringIO(table, newline="")):
        yield {str(name): value for name, value in row.items() if name is not None and isinstance(value, str)}
