"""What the scan hands back."""

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Finding:
    """One place in the source that would leave its compartment. `unit`: whose code it is; `target`: what it reaches for."""

    file: str
    line: int
    rule: str
    unit: str
    target: str
    text: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text} {self.instead}"


@dataclass
class Report:
    """`suppressed`: findings that a comment `# isolation: <reason>` on their line explains."""

    findings: list[Finding] = field(default_factory=list)
    suppressed: list[Finding] = field(default_factory=list)
    files: int = 0
    statements: int = 0

    @property
    def summary(self) -> str:
        explained = f", {len(self.suppressed)} explained by a comment" if self.suppressed else ""
        return f"{self.files} files, {self.statements} SQL statements: {len(self.findings)} findings{explained}."
