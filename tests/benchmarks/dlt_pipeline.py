"""dlt as an expert would set it up. Runs in an environment of its own: `python dlt_pipeline.py job.json`.

The job says how pages become rows: "files" (Arrow tables written as CSV by pyarrow and handed to dlt as they are),
"adbc" (Arrow tables, Parquet, ADBC), "csv" (Arrow tables, CSV by dlt), "plain" (Python objects, CSV by dlt).
"""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

JOB: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
os.environ |= JOB["settings"]  # dlt reads its configuration from there, some of it at import

import dlt  # type: ignore[import-not-found] # noqa: E402
import msgspec  # noqa: E402
import pyarrow as pa  # type: ignore[import-not-found] # noqa: E402
import pyarrow.csv  # type: ignore[import-not-found] # noqa: E402
from dlt.common.normalizers.naming.snake_case import NamingConvention  # type: ignore[import-not-found] # noqa: E402
from dlt.extract.extractors import with_file_import  # type: ignore[import-not-found] # noqa: E402

WAY, WHOLE = JOB["way"], JOB["whole"]  # WHOLE: the column of the whole record, where there is one
PAGES_TOGETHER = 5  # what dlt does for each table that it is handed costs more than the rows
FORMATS = {"files": "csv", "csv": "csv", "adbc": "parquet", "plain": "csv"}
HINTS = {"whole": "bigint", "float": "double", "flag": "bool", "moment": "timestamp"}  # the others are called the same
# As text, moments and decimals are left to PostgreSQL; Parquet must have them typed.
PYTHON = {"whole": int, "float": float, "flag": bool, "text": str, "moment": str, "decimal": str}
ARROW = {"whole": pa.int64(), "float": pa.float64(), "flag": pa.bool_()}
if WAY == "adbc":
    PYTHON |= {"moment": datetime, "decimal": Decimal}
    ARROW |= {"moment": pa.timestamp("us", "UTC"), "decimal": pa.decimal128(38, 9)}
NULL = msgspec.Raw(b"null")
split: Callable[[bytes], Any] = msgspec.json.Decoder(msgspec.defstruct("Split", [("data", list[msgspec.Raw])])).decode
snake = NamingConvention(63).normalize_identifier


def pages(feed: str) -> Iterator[Any]:
    """The decoded pages behind the position that dlt's state keeps."""
    state, decode = dlt.current.resource_state(), _decoder(feed)
    address = urlsplit(JOB["url"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    more = True
    while more:
        token = state.get("token")
        connection.request("GET", JOB["paths"][feed] + (f"?from={quote(token)}" if token else ""))
        body = connection.getresponse().read()
        page = decode(body)
        if WHOLE:
            for row, raw in zip(page.data, split(body).data, strict=True):
                setattr(row, WHOLE, raw)
        yield page.data
        state["token"], more = page.continueFrom, page.hasMore


def _decoder(feed: str) -> Callable[[bytes], Any]:
    row: Any = dict[str, Any]
    if WAY != "plain":
        fields = [
            (field, msgspec.Raw, NULL) if kind == "json" else (field, PYTHON[kind] | None, None)
            for field, kind in JOB["shapes"][feed].items()
        ]
        row = msgspec.defstruct(feed, fields, gc=False)
    page = msgspec.defstruct("Page", [("data", list[row]), ("hasMore", bool), ("continueFrom", str | None, None)])
    return msgspec.json.Decoder(page).decode


def tables(feed: str) -> Iterator[Any]:
    """Arrow tables of several pages each."""
    shape = JOB["shapes"][feed]
    columns = attrgetter(*shape)
    schema = pa.schema([(snake(field), ARROW.get(kind, pa.string())) for field, kind in shape.items()])
    held: list[Any] = []
    for rows in pages(feed):
        if rows:
            values = zip(*map(columns, rows), strict=True)
            arrays = [_array(*column) for column in zip(values, shape.values(), schema, strict=True)]
            held.append(pa.Table.from_arrays(arrays, schema=schema))
        if len(held) == PAGES_TOGETHER:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _array(values: tuple[Any, ...], kind: str, field: Any) -> Any:
    if kind == "json":
        return pa.array([None if (raw := bytes(value)) == b"null" else raw for value in values], field.type)
    return pa.array(values, field.type)


def files(feed: str) -> Iterator[Any]:
    folder = Path(JOB["folder"]) / "files"
    folder.mkdir(parents=True, exist_ok=True)
    for number, table in enumerate(tables(feed)):
        path = folder / f"{feed}-{number}.csv"
        pyarrow.csv.write_csv(table, path)
        yield with_file_import(str(path), "csv", table.num_rows, hints=None if number else table.schema.empty_table())


def resource(feed: str) -> Any:
    source = {"files": files, "plain": pages}.get(WAY, tables)
    hints = {
        snake(field): {"data_type": HINTS.get(kind, kind), "nullable": field != "id"}
        for field, kind in JOB["shapes"][feed].items()
    }
    return dlt.resource(
        source,
        name=feed,
        parallelized=True,
        write_disposition={"disposition": "merge", "strategy": JOB["strategy"]},
        primary_key="id",
        columns=hints,
        max_table_nesting=0,
        file_format=FORMATS[WAY],
    )(feed)


def load(feeds: list[str], name: str) -> None:
    pipeline = dlt.pipeline(
        pipeline_name=name,
        destination=dlt.destinations.postgres(credentials=JOB["database"]),
        dataset_name="bench",
        pipelines_dir=str(Path(JOB["folder"]) / name),
    )
    pipeline.run([resource(feed) for feed in feeds])


def main() -> None:
    """Each part of the feeds in a process of its own, the first in this one."""
    parts = JOB["parts"]
    if len(sys.argv) > 2:
        load(parts[int(sys.argv[2])], f"part{sys.argv[2]}")
        return
    others = [subprocess.Popen([sys.executable, __file__, sys.argv[1], str(number)]) for number in range(1, len(parts))]
    load(parts[0], "part0")
    if any(other.wait() for other in others):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
