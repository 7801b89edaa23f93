"""The statement that merges one page: PostgreSQL decodes, dedupes, compares, upserts and logs the changes at once.

Built from the model's columns (`columns.py`). Measured against staging tables, COPY and row-wise upserts this is the
fastest shape: nothing is decoded twice, rows that did not change cost a comparison and write nothing (a WHERE in
DO UPDATE would still lock and log them), and the log row is written by the statement that changes the record.
"""

from functools import cache

from servicetitan.columns import Column, whole_number
from servicetitan.entities import Entity
from servicetitan.models import Change, mirrored_columns

# Which of two versions wins: the later modifiedOn, where its microseconds tie the one with more digits, then the later
# place in the page. A stored row is overwritten by an older version only where its id is among %(overruled)s: a full read
# puts right what is wrong here. Where it might (the row was last written before %(trust_before)s) the record is "contested".
# A row marked deleted comes back with another content, or with one that ServiceTitan does not call inactive: its exports
# go on telling of what is deleted.
_CHANGED = """
WITH records AS MATERIALIZED (
    SELECT x, n, jsonb_typeof(x->'id') IN ('number', 'string') AS loadable
    FROM jsonb_array_elements(%(page)s::jsonb) WITH ORDINALITY AS page(x, n)
), incoming AS (
    SELECT DISTINCT ON (id) {id} AS id, {modified_on} AS modified_on, x
    FROM records WHERE loadable
    ORDER BY id, modified_on DESC NULLS LAST, {digits_x} DESC, n DESC
), changed AS MATERIALIZED (
    SELECT i.id, i.x, i.modified_on, t.id IS NULL AS is_new, t.active AS was_active, {active} AS is_active,
           t.deleted_at IS NOT NULL AS was_deleted, t.raw AS old_raw,
           t.id IS NOT NULL AND {older} AND NOT i.id = ANY (%(overruled)s::bigint[]) AS contested
    FROM incoming i LEFT JOIN {table} t ON t.id = i.id
    WHERE t.id IS NULL OR (
        (t.raw IS DISTINCT FROM i.x OR (t.deleted_at IS NOT NULL AND {active} IS NOT FALSE))
        AND (NOT {older} OR t.synced_at < %(trust_before)s::timestamptz))
)"""

_OLDER = """coalesce(t.modified_on > i.modified_on
        OR (t.modified_on = i.modified_on AND {digits_t} > {digits_i}), false)"""

_WRITTEN = """, merged AS (
    INSERT INTO {table} (id, raw, source_checkpoint, first_seen_at, synced_at, {names})
    SELECT id, x, %(checkpoint)s::text, now(), now(), {values} FROM changed WHERE NOT contested
    ON CONFLICT (id) DO UPDATE SET {updates}, raw = excluded.raw, synced_at = excluded.synced_at,
        source_checkpoint = excluded.source_checkpoint, missing_since = NULL, deleted_at = NULL
), differences AS MATERIALIZED (
    SELECT c.id, d.old, d.new FROM changed c CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(o.key, o.value) FILTER (WHERE o.key IS NOT NULL) AS old,
               jsonb_object_agg(n.key, n.value) FILTER (WHERE n.key IS NOT NULL) AS new
        FROM jsonb_each(c.old_raw) o FULL JOIN jsonb_each(c.x) n ON o.key = n.key
        WHERE o.value IS DISTINCT FROM n.value) d
    WHERE NOT c.is_new AND NOT c.contested
), logged AS (
    INSERT INTO {changes} (txid, entity, record_id, kind, changed_at, old, new)
    SELECT pg_current_xact_id()::text::bigint, '{entity}', c.id, CASE
               WHEN c.is_new THEN '{inserted}' WHEN c.was_deleted THEN '{restored}'
               WHEN c.was_active IS NOT FALSE AND c.is_active IS FALSE THEN '{deactivated}'
               WHEN c.was_active IS FALSE AND c.is_active IS NOT FALSE THEN '{restored}'
               ELSE '{changed}' END,
           now(), d.old, d.new
    FROM changed c LEFT JOIN differences d ON d.id = c.id WHERE NOT c.contested
    ORDER BY c.modified_on NULLS FIRST, c.id
)"""

_EMPTY = "'null'::jsonb, '\"\"'::jsonb, '[]'::jsonb"

_SUMMARY = """
SELECT (SELECT count(*) FROM records), (SELECT count(*) FROM records WHERE loadable),
       count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new AND NOT contested),
       count(*) FILTER (WHERE NOT is_new AND NOT contested AND was_active IS NOT FALSE AND is_active IS FALSE),
       array_agg(id) FILTER (WHERE contested), {blanked}, {extra}
FROM changed"""

# Per field, in how many records a value gave way to nothing: a vendor's mishap would empty a column unnoticed.
_BLANKED = f"""(
    SELECT jsonb_object_agg(key, n)::text FROM (
        SELECT o.key, count(*) AS n FROM differences d, jsonb_each(d.old) o
        WHERE o.value NOT IN ({_EMPTY}) AND coalesce(d.new->o.key, 'null'::jsonb) IN ({_EMPTY})
        GROUP BY o.key) b)"""


@cache
def merge_statement(entity: Entity, *, lenient: bool = False) -> str:
    """Parameters: page (a JSON array), checkpoint, trust_before, overruled (ids). Returns one row, see `load.Merged`.

    `lenient` takes more ways to write a value, and is slower.
    """
    columns = mirrored_columns(entity.model)
    names = [f'"{column.column}"' for column in columns]
    written = _WRITTEN.format(
        table=entity.model._meta.db_table,
        changes=Change._meta.db_table,
        entity=entity.name,
        names=", ".join(names),
        values=", ".join(value(column, lenient) for column in columns),
        updates=", ".join(f"{name} = excluded.{name}" for name in names),
        **{kind.name.lower(): kind.value for kind in Change.Kind},
    )
    txid = "CASE WHEN count(*) FILTER (WHERE NOT contested) > 0 THEN pg_current_xact_id()::text::bigint END"
    return _changed(entity, lenient) + written + _SUMMARY.format(blanked=_BLANKED, extra=txid)


@cache
def compare_statement(entity: Entity, *, lenient: bool = False) -> str:
    """The same comparison, every cast included, that writes nothing."""
    values = ", ".join(value(column, lenient) for column in mirrored_columns(entity.model))
    return _changed(entity, lenient) + _SUMMARY.format(blanked="NULL::text", extra=f"count(ROW({values})) * 0 + NULL::bigint")


def value(column: Column, lenient: bool) -> str:
    return column.lenient_value("x") if lenient else column.sql_value("x")


def identity(lenient: bool) -> str:
    return whole_number("x->>'id'") if lenient else "(x->>'id')::bigint"


def _changed(entity: Entity, lenient: bool) -> str:
    by_name = {column.name: column for column in mirrored_columns(entity.model)}
    return _CHANGED.format(
        table=entity.model._meta.db_table,
        id=identity(lenient),
        modified_on=by_name["modified_on"].sql_value("x"),
        active=by_name["active"].sql_value("x"),
        digits_x=_digits("x"),
        older=_OLDER.format(digits_t=_digits("t.raw"), digits_i=_digits("i.x")),
    )


def _digits(record: str) -> str:
    """All of modifiedOn's digits: PostgreSQL keeps six of them, ServiceTitan sends seven."""
    return f"rtrim({record}->>'modifiedOn', 'Z') COLLATE \"C\""
