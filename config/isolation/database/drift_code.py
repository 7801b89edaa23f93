"""What runs by itself or leads outside, and nobody declared: triggers, rules, foreign servers, definers' functions."""

from collections.abc import Iterator
from typing import Any

from config.isolation.database.findings import Finding, Note, Trouble
from config.isolation.manifest import SCHEMAS

DANGEROUS_EXTENSIONS = ("dblink", "postgres_fdw", "file_fdw", "adminpack", "plpython3u", "plperlu", "pltclu", "pg_cron")

# What is wrong, and what to do about it, as SELECTs of one text each; {ours} are the manifest's schemas.
_TROUBLES = (
    # A trigger's function runs with the rights of whoever writes the table, without EXECUTE on it.
    """
    SELECT format('trigger %%I on %%s runs %%s, code of another schema, with the rights of whoever writes the table: '
                  'DROP TRIGGER %%I ON %%s', tgname, tgrelid::regclass, tgfoid::regprocedure, tgname, tgrelid::regclass)
    FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid
    WHERE NOT tgisinternal AND tgparentid = 0 AND c.relnamespace = ANY(%(ours)s::regnamespace[])
      AND p.pronamespace NOT IN (c.relnamespace, 'pg_catalog'::regnamespace)
    """,
    # A rule's action runs with the rights of the table's owner, who may write everywhere.
    """
    SELECT format('rule %%I on %%s was declared by nobody, and what it does is done with the owner''s rights: '
                  'DROP RULE %%I ON %%s', rulename, ev_class::regclass, rulename, ev_class::regclass)
    FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class
    WHERE rulename <> '_RETURN' AND c.relnamespace = ANY(%(ours)s::regnamespace[])
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    """,
    """
    SELECT format('function %%s runs with its owner''s rights and without a search_path of its own, so its caller chooses '
                  'what its names mean: ALTER FUNCTION %%s SET search_path = pg_catalog, pg_temp, and qualify its names',
                  p.oid::regprocedure, p.oid::regprocedure)
    FROM pg_proc p WHERE prosecdef AND pronamespace = ANY(%(ours)s::regnamespace[])
      AND NOT EXISTS (SELECT FROM unnest(proconfig) setting WHERE setting LIKE 'search_path=%%')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    """,
    """
    SELECT format('event trigger %%I runs %%s at every change of tables, and nobody declared it: DROP EVENT TRIGGER %%I',
                  evtname, evtfoid::regprocedure, evtname)
    FROM pg_event_trigger WHERE NOT EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = pg_event_trigger.oid AND d.deptype = 'e')
    """,
    """
    SELECT format('foreign server %%I leads to another database, and nobody declared it: DROP SERVER %%I CASCADE',
                  srvname, srvname) FROM pg_foreign_server
    """,
    """
    SELECT format('subscription %%I writes into this database what another one sends: DROP SUBSCRIPTION %%I', subname, subname)
    FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    """,
)
_NOTES = (
    """
    SELECT format('publication %%I sends rows to other databases, and nobody declared it', pubname) FROM pg_publication
    """,
    """
    SELECT format('extension %%I leads out of the database: whoever may use it acts elsewhere, or as another role, with '
                  'any password it knows', extname) FROM pg_extension WHERE extname = ANY(%(dangerous)s)
    """,
    """
    SELECT format('row security is on for %%s: a unit may see fewer rows than it has the right to', c.oid::regclass)
    FROM pg_class c WHERE relrowsecurity AND relnamespace = ANY(%(ours)s::regnamespace[])
    """,
)


def find(cursor: Any) -> Iterator[Finding]:
    """Inside a transaction: names are shown with their schema, which PostgreSQL leaves out for the search path's."""
    cursor.execute("SET LOCAL search_path = ''")
    values = {"ours": list(SCHEMAS), "dangerous": list(DANGEROUS_EXTENSIONS)}
    for kind, queries in ((Trouble, _TROUBLES), (Note, _NOTES)):
        for query in queries:
            cursor.execute(query, values)
            yield from (kind(what) for (what,) in sorted(cursor.fetchall()))
