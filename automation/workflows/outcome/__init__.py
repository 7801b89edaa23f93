"""What a workflow brought in: those it wrote to against those it left alone, with an honest interval.

revenue   money of every run, in one query
interval  the difference of two groups, and how far chance alone may have carried it
report    both, in numbers and in words
"""

from automation.workflows.outcome.report import Arm, Outcome, outcome_of

__all__ = ["Arm", "Outcome", "outcome_of"]
