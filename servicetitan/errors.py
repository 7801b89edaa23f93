"""What can go wrong at ServiceTitan.

ServiceTitanError
├── Unreachable      no answer, in spite of repeated tries; the next run may have more luck
├── BadAnswer        answers that are not ServiceTitan's (HTML, half a JSON, a token that does not move)
├── Unclear          an answer to another question: the record is neither there nor gone
├── RateLimited      told to wait for longer than a run may wait
└── Refused          a final answer: asking again changes nothing
    ├── NotAuthorized    client id, secret, app key or tenant are not accepted
    ├── ScopeMissing     the app may not read this kind of record
    ├── NotFound         no such record
    └── TokenRefused     the stored continuation token is not accepted any more
"""


class ServiceTitanError(Exception):
    """Base. The message is a sentence for an operator: what happened, and what to do."""


class Unreachable(ServiceTitanError):
    pass


class BadAnswer(ServiceTitanError):
    pass


class Unclear(ServiceTitanError):
    pass


class RateLimited(ServiceTitanError):
    pass


class Refused(ServiceTitanError):
    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotAuthorized(Refused):
    pass


class ScopeMissing(Refused):
    pass


class NotFound(Refused):
    pass


class TokenRefused(Refused):
    pass
