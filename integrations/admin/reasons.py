"""Why records are not simply sent, in kinds that a person can choose from; for conflicts, what can be done about each."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from integrations.models import Contact

State = Contact.State


@dataclass(frozen=True)
class Kind:
    """`starts`: how its sentences begin. `advice`: what a person can do."""

    name: str
    title: str
    state: str
    starts: Sequence[str]
    advice: str = ""

    def fits(self, reason: str) -> bool:
        return reason.startswith(tuple(self.starts))

    def where(self) -> Q:
        """The state, too: its index makes the search short."""
        found = Q()
        for start in self.starts:
            found |= Q(reason__startswith=start)
        return Q(state=self.state) & found


CONFLICTS = (
    Kind(
        "shared", "Two customers share an e-mail address or phone number", State.CONFLICT,
        ("The e-mail address is also customer", "The phone number is also customer"),
        "Correct the address or number of one of them in ServiceTitan, or merge the two customers there. Everything else was "
        "sent; the hub goes on by itself once they differ.",
    ),
    Kind(
        "one-person", "GoHighLevel takes two customers for one person", State.CONFLICT,
        ("GoHighLevel takes this customer for",),
        "Correct the address or number they share in ServiceTitan, or merge the two customers there. Then “Try again”.",
    ),
    Kind(
        "taken", "The address or number is another contact's at GoHighLevel", State.CONFLICT,
        ("The e-mail address is another contact's", "The phone number is another contact's",
         "The e-mail address or phone number is another contact's"),
        "Open both contacts in GoHighLevel and merge them, or take the address or number off the other one. Then “Try again”.",
    ),
    Kind(
        "dropped", "GoHighLevel did not take an address or number", State.CONFLICT, ("GoHighLevel did not take the",),
        "Check the address or number in ServiceTitan, and whether another contact in GoHighLevel has it. Then “Try again”.",
    ),
    Kind(
        "deleted", "Deleted at GoHighLevel", State.CONFLICT,
        ("The contact was deleted at GoHighLevel", "The opportunity was deleted at GoHighLevel"),
        "Leave it if that was meant: nothing is sent. Otherwise open it here and press “Make again”.",
    ),
    Kind(
        "twice", "There twice at GoHighLevel", State.CONFLICT, ("GoHighLevel has it twice",),
        "Open both in GoHighLevel and merge them, or delete one. The next comparison notices it.",
    ),
    Kind(
        "in-the-way", "Another opportunity stands in the way", State.CONFLICT,
        ("The contact has another opportunity in this pipeline",),
        "Allow several opportunities a contact in GoHighLevel's settings, or close the other one there. Then “Try again”.",
    ),
    Kind(
        "other-row", "The opportunity belongs to another record here", State.CONFLICT, ("GoHighLevel's opportunity ",),
        "Two records here claim one card. Empty the card's ServiceTitan number in GoHighLevel, then try the right one again.",
    ),
)  # fmt: skip
OTHERS = (
    Kind("unreachable", "no phone number and no e-mail address", State.SKIPPED, ("The customer has no phone number",)),
    Kind("inactive", "inactive or deleted in ServiceTitan", State.SKIPPED, ("The customer is inactive", "The customer was del")),
    Kind("merged", "merged into another customer", State.SKIPPED, ("The customer was merged",)),
    Kind("not-mirrored", "not in the mirror yet", State.SKIPPED, ("The customer is not in", "The estimate is not in")),
    Kind("no-rule", "no stage rule for it", State.SKIPPED, ("No rule says",)),
    Kind("no-contact", "its customer is not at GoHighLevel", State.SKIPPED, ("The customer is not at G", "The customer's cont")),
    Kind("held", "held by the brake", State.PENDING, ("Held by the brake",)),
    Kind("waits", "waits for something else", State.PENDING, ("Waits ",)),
    Kind("refused", "refused by GoHighLevel", State.FAILED, ("",)),
)
ALL = {kind.name: kind for kind in (*CONFLICTS, *OTHERS)}
CONFLICT_CHOICES = tuple((kind.name, kind.title) for kind in CONFLICTS)
CHOICES = (*CONFLICT_CHOICES, *((kind.name, kind.title) for kind in OTHERS))
NO_ADVICE = "Open the record to see both sides, put right what differs, then “Try again”."


def conflict_kind(reason: str) -> Kind | None:
    return next((kind for kind in CONFLICTS if kind.fits(reason)), None)


def advice(reason: str) -> str:
    kind = conflict_kind(reason)
    return kind.advice if kind else NO_ADVICE
