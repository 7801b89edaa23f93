"""What the scan lets pass, each with its reason. Short on purpose: the law itself, and what stands outside of it."""

from dataclasses import dataclass

from config.isolation.scan.finding import Finding


@dataclass(frozen=True)
class Allowance:
    """`path`: a file, or a folder with a slash at its end. `rules`: the rules it stands above."""

    path: str
    rules: tuple[str, ...]
    reason: str

    def covers(self, finding: Finding) -> bool:
        here = finding.file.startswith(self.path) if self.path.endswith("/") else finding.file == self.path
        return here and finding.rule in self.rules


ALLOWED: tuple[Allowance, ...] = ()


def allowed(finding: Finding) -> bool:
    return any(allowance.covers(finding) for allowance in ALLOWED)
