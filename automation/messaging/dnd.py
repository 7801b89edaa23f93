"""GoHighLevel's "do not disturb", as words of the ledger. It is compared as a whole: there is no event log of that side.

GoHighLevel can only say no: where nobody is disturbed on purpose, it says nothing.
"""

from datetime import datetime

from django.db import connections

from automation.workflows.events import ALIAS

# By channel: the customers whom GoHighLevel says not to disturb, joined with the addresses they have; against its newest words.
_SPEAK = """
WITH quiet AS (
    SELECT DISTINCT p.channel, v.address, min(g.st_customer_id) OVER (PARTITION BY p.channel, v.address) AS customer_id
    FROM integrations.ghl_contacts g
    CROSS JOIN LATERAL (VALUES
        ('sms', g.phone, lower(coalesce(g.dnd_settings ->> 'sms', ''))),
        ('email', g.email, lower(coalesce(g.dnd_settings ->> 'email', '')))) AS p(channel, own, setting)
    CROSS JOIN LATERAL (
        SELECT p.own AS address WHERE p.own IS NOT NULL
        UNION SELECT t.address FROM automation.messaging_addresses t
              WHERE t.customer_id = g.st_customer_id AND t.channel = p.channel) AS v
    WHERE g.dnd OR p.setting IN ('active', 'permanent')
), last AS (
    SELECT DISTINCT ON (channel, address, purpose) channel, address, purpose, allowed
    FROM automation.messaging_consent WHERE witness = 'ghl' ORDER BY channel, address, purpose, id DESC
), stands AS (
    SELECT coalesce(q.channel, l.channel) AS channel, coalesce(q.address, l.address) AS address,
           coalesce(q.purpose, l.purpose) AS purpose, CASE WHEN q.channel IS NULL THEN NULL ELSE false END AS allowed,
           l.allowed AS before, q.customer_id
    FROM (SELECT * FROM quiet CROSS JOIN (VALUES ('service'), ('marketing')) AS every(purpose)) q
    FULL JOIN last l ON l.channel = q.channel AND l.address = q.address AND l.purpose = q.purpose
)
INSERT INTO automation.messaging_consent (channel, address, purpose, witness, allowed, source, why, customer_id, who, at)
SELECT channel, address, purpose, 'ghl', allowed, 'do not disturb',
       CASE WHEN allowed IS NULL THEN 'It is not set any more.' ELSE 'The contact is set to do not disturb.' END,
       customer_id, '', %(now)s
FROM stands WHERE allowed IS DISTINCT FROM before
"""


def compare(now: datetime) -> int:
    """Returns how many words that made."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_SPEAK, {"now": now})
        return int(cursor.rowcount)
