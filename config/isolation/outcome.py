from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What `apply` did, or `check` would do.

    `refused`: what must change and this login may not change, with who can. `notes`: what a person should know.
    """

    changes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.changes += other.changes
        self.refused += other.refused
        self.notes += other.notes
