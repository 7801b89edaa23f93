"""`isolation scan`: reads the source for what would leave its compartment, before it runs. Standard library only.

It follows texts through constants, f-strings and templates, and models through imports and variables. What it cannot
follow it lets pass: grants, Redis users and the HTTP session refuse it at run time.
"""

from config.isolation.scan.finding import Finding, Report
from config.isolation.scan.scanner import read, scan

__all__ = ["Finding", "Report", "read", "scan"]
