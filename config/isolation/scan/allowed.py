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


ALLOWED = (
    Allowance(
        "config/isolation/",
        ("sql", "rights", "session", "alias", "actor", "handmade"),
        "the law itself: makes roles and grants as the owner, tries what must fail, and opens the connections it hands out",
    ),
    Allowance("config/embedded/", ("rights", "handmade"), "starts the servers, and makes the owner's own account on them"),
    Allowance("config/database/", ("handmade",), "is the database backend that every connection of the project uses"),
)


def allowed(finding: Finding) -> bool:
    return any(allowance.covers(finding) for allowance in ALLOWED)
