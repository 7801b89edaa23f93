"""Comments that answer for a finding on their own line: `# isolation: <reason>`, in SQL `-- isolation: <reason>`."""

import io
import re
import tokenize
from collections.abc import Iterable

from config.isolation.scan.finding import Finding
from config.isolation.scan.source import PythonSource, Source

_HASH = re.compile(r"#\s*isolation:\s*(.*)")
_DASHES = re.compile(r"--\s*isolation:\s*(.*)")


def suppressions(source: Source) -> dict[int, str]:
    """Line -> reason."""
    if "isolation:" not in source.text:
        return {}
    dashes = {number: match.group(1).strip() for number, line in enumerate(source.lines, 1) if (match := _DASHES.search(line))}
    if not isinstance(source, PythonSource):
        return dashes
    prose = {line for node in source.binder.prose for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    found = {line: reason for line, reason in dashes.items() if line not in prose}
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            found.pop(token.start[0], None)  # what looks like SQL's comment was inside Python's
            if match := _HASH.match(token.string):
                found[token.start[0]] = match.group(1).strip()
    return found


def sift(source: Source, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """(what stays a finding, what a comment answers for). A comment that answers for nothing is a finding itself."""
    reasons = suppressions(source)
    staying: list[Finding] = []
    answered: list[Finding] = []
    for finding in findings:
        (answered if reasons.get(finding.line) else staying).append(finding)
    for line, reason in reasons.items():
        used = any(finding.line == line for finding in answered)
        if not used:
            text = "`isolation:` answers for nothing on this line." if reason else "`isolation:` gives no reason."
            instead = "Remove the comment." if reason else "Say why the fence may be passed here."
            staying.append(Finding(source.name, line, "suppression", source.compartment.name, "", text, instead))
    return staying, answered
