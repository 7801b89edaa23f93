"""Quiet hours where the recipient lives.

zones     which clocks may be the recipient's
windows   between which hours a text may come, by state and country, each with its source
company   when the company itself wants to write
verdict   all of it: may it leave now, and if not, when and by which rule
"""

from automation.messaging.hours.company import Company, company
from automation.messaging.hours.verdict import Verdict, verdict
from automation.messaging.hours.zones import Place

__all__ = ["Company", "Place", "Verdict", "company", "verdict"]
