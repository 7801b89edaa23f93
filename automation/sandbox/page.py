"""What was sent and what came in, as a page for people."""

from collections.abc import Iterable
from html import escape

from automation.sandbox.store import INBOUND, Sent
from config.sandbox.http import Answer

MOST = 200
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;"
    "border-bottom:1px solid #ccc}td.text{white-space:pre-wrap}tr.in{background:#eef6ff}"
)


def page(rows: Iterable[Sent], opted_out: int) -> Answer:
    """The newest first."""
    shown = list(rows)
    lines = "".join(_row(row) for row in shown[:MOST]) or "<tr><td colspan=4>Nothing yet.</td></tr>"
    more = f" The newest {MOST} are shown." if len(shown) > MOST else ""
    body = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="refresh" content="10"><title>Messages at the emulated Twilio</title><style>{STYLE}</style></head>'
        "<body><h1>Messages at the emulated Twilio</h1>"
        f"<p>{len(shown):,} messages, {opted_out:,} people have opted out.{more} Nothing of this reached a phone.</p>"
        "<table><thead><tr><th>When (UTC)</th><th>Who</th><th>Text</th><th>State</th></tr></thead>"
        f"<tbody>{lines}</tbody></table></body></html>"
    )
    return Answer(200, body.encode(), {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY})


def _row(row: Sent) -> str:
    came_in = row.direction == INBOUND
    who = f"from {row.sender}" if came_in else f"to {row.to}"
    state = row.state if row.error is None else f"{row.state} ({row.error})"
    cells = (("", f"{row.made_at:%Y-%m-%d %H:%M:%S}"), ("", who), ("text", row.body), ("", state))
    shown = "".join(f'<td class="{kind}">{escape(text)}</td>' for kind, text in cells)
    return f'<tr class="{"in" if came_in else "out"}">{shown}</tr>'
