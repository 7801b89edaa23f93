"""A database of the size that hurts: millions of rows, made by PostgreSQL itself in a minute or two.

    HUB_DATA_DIR=/some/folder python manage.py shell -c "from tests.backoffice.big_data import fill; fill(1_000_000)"

Writes as the owner. Made for measuring; the rows are plausible in size and spread, not in meaning.
"""

import sys

from django.db import connections

from config.isolation.manifest import OWNER_ALIAS

FIRST_ID = 1_000_000_000  # above everything a sandbox makes

_RAW = """jsonb_build_object('id', g, 'summary', repeat(md5(g::text) || ' ', 20), 'customFields', '[]'::jsonb,
          'name', 'x' || g, 'modifiedOn', '2026-01-01T00:00:00Z')"""
_BASE = f"{FIRST_ID} + g, {_RAW}, now() - interval '90 days', now(), g %% 50 <> 0"
_COLUMNS = "id, raw, first_seen_at, synced_at, active"

STEPS = {
    "customers": f"""
        INSERT INTO servicetitan.st_customers ({_COLUMNS}, name, type, street, city, state, balance)
        SELECT {_BASE}, (ARRAY['Smith','Miller','Garcia','Lopez','Nguyen','Brown','Khan'])[1 + g %% 7] || ' ' || md5(g::text),
               CASE WHEN g %% 9 = 0 THEN 'Commercial' ELSE 'Residential' END, g || ' Main St', 'Phoenix', 'AZ', g %% 100
        FROM generate_series(1, %(rows)s) g""",
    "contacts": f"""
        INSERT INTO servicetitan.st_customer_contacts ({_COLUMNS}, customer_id, type, value)
        SELECT {_BASE}, {FIRST_ID} + g, CASE WHEN g %% 2 = 0 THEN 'Email' ELSE 'Phone' END,
               CASE WHEN g %% 2 = 0 THEN 'person' || g || '@example.com' ELSE (6000000000 + g)::text END
        FROM generate_series(1, %(rows)s) g""",
    "jobs": f"""
        INSERT INTO servicetitan.st_jobs ({_COLUMNS}, job_number, customer_id, business_unit_id, job_type_id, job_status,
                                          created_on, completed_on, total, summary)
        SELECT {_BASE}, 'J' || g, {FIRST_ID} + 1 + g %% (%(rows)s / 2), 1204, 5301,
               CASE WHEN g %% 10007 = 0 THEN 'Hold' WHEN g %% 20 = 0 THEN 'Canceled' ELSE 'Completed' END,
               now() - make_interval(mins => %(rows)s - g), now() - make_interval(mins => %(rows)s - g), g %% 5000,
               '<p>' || repeat(md5(g::text) || ' ', 10) || '</p>'
        FROM generate_series(1, %(rows)s) g""",
    "appointments": f"""
        INSERT INTO servicetitan.st_appts ({_COLUMNS}, job_id, customer_id, appointment_number, start, status)
        SELECT {_BASE}, {FIRST_ID} + g, {FIRST_ID} + 1 + g %% (%(rows)s / 2), 'J' || g || '-1',
               now() - make_interval(mins => %(rows)s - g), 'Done' FROM generate_series(1, %(rows)s) g""",
    "estimates": f"""
        INSERT INTO servicetitan.st_estimates ({_COLUMNS}, job_id, customer_id, name, status, subtotal, tax)
        SELECT {_BASE}, {FIRST_ID} + g, {FIRST_ID} + 1 + g %% (%(rows)s / 2), 'Estimate', 'Open', g %% 900, 3
        FROM generate_series(1, %(rows)s) g""",
    "invoices": f"""
        INSERT INTO servicetitan.st_invoices ({_COLUMNS}, job_id, customer_id, reference_number, total, balance, invoice_date)
        SELECT {_BASE}, {FIRST_ID} + g, {FIRST_ID} + 1 + g %% (%(rows)s / 2), 'I' || g, g %% 900,
               CASE WHEN g %% 97 = 0 THEN 5 ELSE 0 END, now() FROM generate_series(1, %(rows)s) g""",
    "runs": """
        INSERT INTO servicetitan.st_sync_log (run, entity, mode, trigger, state, started_at, finished_at, fetched, inserted,
            updated, unchanged, deactivated, deleted, suspected, rejected, repaired, pages, api_calls, retries, wait_seconds,
            bytes, worker, error, detail, checkpoint_before, checkpoint_after)
        SELECT gen_random_uuid(), (ARRAY['customers','contacts','jobs','appointments','estimates','invoices'])[1 + g %% 6],
               CASE WHEN g %% 720 = 0 THEN 'reconcile' ELSE 'incremental' END, 'schedule',
               CASE WHEN g %% 30011 = 0 THEN 'failed' ELSE 'succeeded' END,
               now() - make_interval(secs => (%(rows)s - g) * 20), now() - make_interval(secs => (%(rows)s - g) * 20 - 2),
               g %% 40, 0, g %% 3, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 20000, 'machine:1:abcdef', '', '', md5(g::text), md5(g::text)
        FROM generate_series(1, %(rows)s) g""",
    "changes": f"""
        INSERT INTO servicetitan.st_changes (txid, changed_at, entity, record_id, kind, old, new)
        SELECT g / 20, greatest(date_trunc('month', now(), 'UTC'), now() - make_interval(secs => (%(rows)s - g))), 'jobs',
               {FIRST_ID} + g %% 300000,
               CASE WHEN g %% 40009 = 0 THEN 'deleted' WHEN g %% 2 = 0 THEN 'inserted' ELSE 'changed' END,
               CASE WHEN g %% 2 = 1 THEN '{{"total": 1, "jobStatus": "Scheduled"}}'::jsonb END,
               CASE WHEN g %% 2 = 1 THEN '{{"total": 2, "jobStatus": "Completed"}}'::jsonb END
        FROM generate_series(1, %(rows)s) g""",
    "tasks": """
        INSERT INTO servicetitan.st_task_deliveries (id, task, arguments, schedule, due_at, state, deliveries, worker,
            started_at, finished_at, error)
        SELECT gen_random_uuid(), 'servicetitan.sync', '{"mode": "incremental"}', 'made ' || g, now(),
               CASE WHEN g %% 50021 = 0 THEN 'failed' ELSE 'done' END, 1, 'machine', now() - make_interval(mins => %(rows)s - g),
               now() - make_interval(mins => %(rows)s - g), '' FROM generate_series(1, %(rows)s / 4) g""",
    "ghl contacts": f"""
        INSERT INTO integrations.ghl_contacts (st_customer_id, name, ghl_id, state, reason, attempts, due_at, sent, sent_hash,
            sent_at, remote, seen_at, adopted, email, tags)
        SELECT {FIRST_ID} + g, 'Person ' || g, CASE WHEN g %% 10 > 0 THEN 'c' || md5(g::text) END,
               CASE WHEN g %% 10 = 0 THEN 'skipped' WHEN g %% 5003 = 0 THEN 'conflict' WHEN g %% 9001 = 0 THEN 'failed'
                    ELSE 'sent' END, '', 0, CASE WHEN g %% 11 = 0 THEN now() END, '{{"city": "Mesa"}}', md5(g::text), now(),
               '{{"city": "Troy"}}', now(), false, 'person' || g || '@example.com', '[]' FROM generate_series(1, %(rows)s) g""",
    "ghl opportunities": f"""
        INSERT INTO integrations.ghl_opportunities (st_customer_id, slot, st_estimate_id, name, ghl_id, state, reason, attempts,
            sent, sent_hash, remote, adopted, happened, pipeline_id, stage_id, status, value, moved_by_human)
        SELECT {FIRST_ID} + g / 2, {FIRST_ID} + g, {FIRST_ID} + g, 'Heat pump', 'o' || md5(g::text),
               CASE WHEN g %% 7001 = 0 THEN 'conflict' ELSE 'sent' END, '', 0, '{{}}', md5(g::text), '{{}}', false, 'sold', 'p',
               's', 'open', g %% 9000, g %% 100 = 0 FROM generate_series(1, %(rows)s) g""",
    "ghl runs": """
        INSERT INTO integrations.ghl_sync_runs (mode, trigger, state, started_at, finished_at, changes, looked_at, unchanged,
            created, adopted, updated, skipped, conflicts, failed, api_calls, retries, wait_seconds, worker, error)
        SELECT CASE WHEN g %% 9000 = 0 THEN 'reconcile' ELSE 'incremental' END, 'schedule',
               CASE WHEN g %% 4001 = 0 THEN 'failed' ELSE 'succeeded' END, now() - make_interval(secs => (%(rows)s - g) * 10),
               now() - make_interval(secs => (%(rows)s - g) * 10), 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, '', ''
        FROM generate_series(1, %(rows)s) g""",
    "ghl log": f"""
        INSERT INTO integrations.ghl_sync_log (run_id, at, kind, record_id, ghl_id, act, state, reason, attempts)
        SELECT (SELECT max(id) FROM integrations.ghl_sync_runs), now() - make_interval(secs => %(rows)s - g), 'contact',
               {FIRST_ID} + g %% 300000, 'c' || md5(g::text), 'update',
               CASE WHEN g %% 4001 = 0 THEN 'failed' ELSE 'sent' END, '', 0
        FROM generate_series(1, %(rows)s) g""",
    "workflows": """
        INSERT INTO automation.workflow_definitions (name, title, enabled, made_at, made_by)
        SELECT 'flow-' || g, 'Workflow ' || g, g < 5, now(), '' FROM generate_series(1, 6) g
        WHERE NOT EXISTS (SELECT FROM automation.workflow_definitions)""",
    "workflow versions": """
        INSERT INTO automation.workflow_versions (workflow_id, number, trigger, content, made_at, made_by)
        SELECT id, 1, 'estimate.created', jsonb_build_object('name', name, 'title', title,
               'trigger', '{"event": "estimate.created"}'::jsonb, 'entry', '{"all": []}'::jsonb,
               'steps', '[{"do": "wait", "for": "30d"}, {"do": "send sms", "template": "x"}]'::jsonb), now(), ''
        FROM automation.workflow_definitions WHERE NOT EXISTS (SELECT FROM automation.workflow_versions)""",
    "workflow events": f"""
        INSERT INTO automation.workflow_events (key, kind, entity, entity_id, customer_id, happened_at, noted_at, data,
            handled_at)
        SELECT 'k' || g, CASE WHEN g %% 9973 = 0 THEN 'job.canceled' ELSE 'estimate.created' END, 'estimate', {FIRST_ID} + g,
               {FIRST_ID} + 1 + g %% (%(rows)s / 2), now() - make_interval(secs => %(rows)s - g),
               now() - make_interval(secs => %(rows)s - g), '{{"subtotal": 900}}', CASE WHEN g < %(rows)s THEN now() END
        FROM generate_series(1, %(rows)s) g""",
    "workflow runs": """
        INSERT INTO automation.workflow_runs (workflow_id, version_id, event_id, entity, entity_id, customer_id, state, "group",
            step, due_at, waits_for, attempts, reason, started_at, ended_at)
        SELECT v.workflow_id, v.id, e.id, e.entity, e.entity_id, e.customer_id,
               CASE WHEN e.id %% 30011 = 0 THEN 'failed' WHEN e.id %% 3 = 0 THEN 'done' ELSE 'active' END,
               CASE WHEN e.id %% 10 = 0 THEN 'control' ELSE 'treated' END, 1,
               CASE WHEN e.id %% 30011 > 0 AND e.id %% 3 > 0 THEN now() + make_interval(secs => e.id %% 90000) END, '', 0, '',
               e.noted_at, CASE WHEN e.id %% 3 = 0 THEN now() END
        FROM automation.workflow_events e
        JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM automation.workflow_versions) v ON v.place = e.id %% 5
        ORDER BY e.id""",
    "workflow trace": """
        INSERT INTO automation.workflow_trace (at, workflow_id, run_id, entity, entity_id, customer_id, what, why, step, data)
        SELECT r.started_at, r.workflow_id, r.id, r.entity, r.entity_id, r.customer_id, w.what, '', '', '{}'
        FROM automation.workflow_runs r, (VALUES ('entered'), ('waits'), ('sent')) w(what) ORDER BY r.id""",
}


def fill(rows: int, steps: tuple[str, ...] = tuple(STEPS)) -> None:
    """`rows` more rows in each table, and statistics as autovacuum would have them."""
    with connections[OWNER_ALIAS].cursor() as cursor:
        for step in steps:
            cursor.execute(STEPS[step], {"rows": rows})
            sys.stdout.write(f"{step}: {cursor.rowcount:,}\n")
        cursor.execute("VACUUM (ANALYZE)")
