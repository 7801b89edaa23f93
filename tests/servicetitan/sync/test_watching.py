"""Bars on a terminal."""

import io

from rich.console import Console

from servicetitan.management.watching import Bars
from servicetitan.sync.ledger import Tally


def test_bars_tell_state_numbers_pauses_and_errors() -> None:
    screen = io.StringIO()
    with Bars(Console(file=screen, force_terminal=True, width=160)) as bars:
        bars.begin("jobs", "full")
        bars.page("jobs", Tally(fetched=1234, inserted=34))
        bars.wait("jobs", 50, "rate limit")
        bars._bars.refresh()
        shown = screen.getvalue()
        bars.end("jobs", "failed", Tally(fetched=1234, inserted=34), "ServiceTitan refuses it.")
    assert "wait 50 s" in shown
    assert "rate limit" in shown
    assert "1,234 read, 34 inserted. ServiceTitan refuses it." in screen.getvalue()
    assert "failed" in screen.getvalue()
