"""Where each vendor's emulator listens: on the sandbox's first port, or so many ports behind it.

A new vendor goes to the end, so that nobody's address changes.
"""

VENDORS = ("servicetitan", "ghl", "salesforce", "automation")  # by their units
HIGHEST = 65_536 - len(VENDORS)  # as the first port


def port_of(vendor: str, first: int) -> int:
    return first + VENDORS.index(vendor)


def address_of(vendor: str, first: int) -> str:
    return f"http://127.0.0.1:{port_of(vendor, first)}"
