"""What can go wrong at GoHighLevel.

GhlError
├── Unreachable      no answer, in spite of repeated tries
├── Unknown          a call that must not be made twice had no clear outcome: look before trying again
├── DayUsedUp        the day's calls are used up: nothing before tomorrow
├── BadAnswer        an answer without what it must have
└── Refused          a final answer: the same call again changes nothing
    ├── NotAuthorized    the token is not accepted, or may not do this
    ├── Missing          there is no such record (any more)
    ├── Duplicate        another contact or card is in the way; `existing_id` is that one's
    └── Invalid          the vendor does not take these values
"""


class GhlError(Exception):
    """Base. The message is a sentence for an operator: what happened, and what to do."""


class Unreachable(GhlError):
    pass


class Unknown(GhlError):
    pass


class DayUsedUp(GhlError):
    pass


class BadAnswer(GhlError):
    pass


class Refused(GhlError):
    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotAuthorized(Refused):
    pass


class Missing(Refused):
    pass


class Duplicate(Refused):
    """`field`: "email" or "phone" of a contact; "" of a card."""

    def __init__(self, message: str, existing_id: str, field: str = "") -> None:
        super().__init__(message, 400)
        self.existing_id, self.field = existing_id, field


class Invalid(Refused):
    pass
