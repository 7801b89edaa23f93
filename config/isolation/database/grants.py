"""Fence 3, kept: bring the database's roles and grants to what the manifest says, or say what differs."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections, transaction
from django.db.utils import DatabaseError

from config.embedded import ensure
from config.isolation.database import drift_code, drift_objects, drift_roles, drift_schemas, large_objects, privileges, roles
from config.isolation.database.findings import Cast, Finding, Note, Step, cast
from config.isolation.manifest import OWNER_ALIAS, UNITS
from config.isolation.outcome import Outcome

ATTEMPTS = 5  # roles belong to the whole server: two databases prepared at once meet there


def apply(*, dry_run: bool = False) -> Outcome:
    """Create what is missing, take away what is too much; the second run in a row changes nothing."""
    if settings.EMBEDDED:
        ensure(settings.HUB_DATA_DIR)  # what takes a superuser is the launcher's
    for attempt in range(ATTEMPTS):
        try:
            return _look(dry_run=True) if dry_run else _mend()
        except DatabaseError as error:
            if attempt == ATTEMPTS - 1 or not _raced(error):
                raise
            time.sleep(0.1 * (attempt + 1))
    raise AssertionError("unreachable")


def role_names() -> dict[str, str]:
    return {unit.name: settings.DATABASES[unit.alias]["USER"] for unit in UNITS}


def _raced(error: DatabaseError) -> bool:
    cause = error.__cause__
    return isinstance(cause, psycopg.errors.UniqueViolation) or "concurrently" in str(cause)


def _mend() -> Outcome:
    """A REVOKE that revokes nothing is no error to PostgreSQL, so what was mended is looked at once more."""
    outcome = _look(dry_run=False)
    if outcome.changes:
        after = {step.what: step for step in _steps()}
        for what in [what for what in outcome.changes if what in after]:
            outcome.changes.remove(what)
            outcome.refused.append(f"{what}: done, and still so. {after[what].advice()}")
    return outcome


def _look(*, dry_run: bool) -> Outcome:
    outcome = Outcome()
    with connections[OWNER_ALIAS].cursor() as cursor:
        for phase in PHASES:
            with transaction.atomic(using=OWNER_ALIAS):  # one for many steps: each commit waits for the disk
                for finding in list(phase(cursor, cast(cursor, role_names()))):
                    _take(cursor, finding, outcome, dry_run)
    return outcome


def _steps() -> Iterator[Step]:
    with connections[OWNER_ALIAS].cursor() as cursor:
        for phase in PHASES:
            with transaction.atomic(using=OWNER_ALIAS):
                yield from (found for found in list(phase(cursor, cast(cursor, role_names()))) if isinstance(found, Step))


def _take(cursor: Any, finding: Finding, outcome: Outcome, dry_run: bool) -> None:
    if isinstance(finding, Step):
        if dry_run:
            outcome.changes.append(finding.what)
        else:
            _run(cursor, finding, outcome)
    elif isinstance(finding, Note):
        outcome.notes.append(finding.what)
    else:
        outcome.refused.append(finding.what)


def _run(cursor: Any, step: Step, outcome: Outcome) -> None:
    try:
        with transaction.atomic(using=OWNER_ALIAS):
            cursor.execute(step.statement)
    except DatabaseError as error:
        if _raced(error):
            raise
        outcome.refused.append(f"{step.what}: {str(error).splitlines()[0]}. {step.advice()}")
    else:
        outcome.changes.append(step.what)


def _roles(cursor: Any, who: Cast) -> Iterator[Finding]:
    here = {"NAME": connections[OWNER_ALIAS].settings_dict["NAME"]}  # under test the database has another name
    for unit in UNITS:
        yield from roles.find(cursor, unit, connections[unit.alias].settings_dict | here)


def _strangers(cursor: Any, who: Cast) -> Iterator[Finding]:
    yield from drift_roles.find(cursor, who, settings.HUB_ROLE_PREFIX)


def _schemas(cursor: Any, who: Cast) -> Iterator[Finding]:
    yield from drift_schemas.create(cursor)
    yield from drift_objects.find_owners(cursor, who)


def _rest(cursor: Any, who: Cast) -> Iterator[Finding]:
    yield from drift_schemas.find(cursor, who)
    yield from drift_objects.find_undeclared(cursor)
    yield from drift_code.find(cursor)
    yield from large_objects.find(cursor, who, large_objects.HOLE in settings.HUB_TOLERATED_HOLES)


# In this order: a role before its grants, an owner before what he alone may grant.
PHASES: tuple[Callable[[Any, Cast], Iterator[Finding]], ...] = (_roles, _strangers, _schemas, privileges.find, _rest)
