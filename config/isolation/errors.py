"""What the fences raise."""


class IsolationError(Exception):
    """Base of everything a fence raises."""


class IsolationViolation(IsolationError):
    """A unit tried to write outside its compartment. The message says who, what, whose, and what to do instead."""


class UnknownUnit(IsolationError):
    """A name that is no unit of the manifest."""


class EgressRefused(IsolationViolation):
    """A call to an address, method or path that the manifest does not give the unit."""
