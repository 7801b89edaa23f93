"""What can go wrong at Salesforce.

SalesforceError
├── Unreachable      no answer, in spite of repeated tries
├── QuotaUsed        the org's calls are used up as far as allowed: later
├── BadAnswer        an answer without what it must have
└── Refused          a final answer: the same call again changes nothing
    ├── NotAuthorized    the connection is not accepted, or may not do this
    │   └── ReconnectNeeded   only a person who consents again helps
    ├── SetupWrong       something in the org must be changed first
    └── Missing          there is no such thing (any more)
"""


class SalesforceError(Exception):
    """Base. The message is a sentence for an operator: what happened, and what to do."""


class Unreachable(SalesforceError):
    pass


class QuotaUsed(SalesforceError):
    pass


class BadAnswer(SalesforceError):
    pass


class Refused(SalesforceError):
    """`code` is Salesforce's own word, such as INVALID_FIELD."""

    def __init__(self, message: str, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class NotAuthorized(Refused):
    pass


class ReconnectNeeded(NotAuthorized):
    pass


class SetupWrong(Refused):
    pass


class Missing(Refused):
    pass
