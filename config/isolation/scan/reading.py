"""One Python file being read: what the rules need to know about it, and where their findings go."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from config.isolation.scan.compartments import Compartment
from config.isolation.scan.finding import Finding
from config.isolation.scan.resolver import Names
from config.isolation.scan.rows import Rows
from config.isolation.scan.source import Project, PythonSource, Source
from config.isolation.scan.texts import Texts


@dataclass
class Findings:
    """Of one file. The same act found in two ways is one finding."""

    source: Source
    found: dict[tuple[int, str, str], Finding] = field(default_factory=dict)

    def add(self, line: int, rule: str, target: str, text: str, instead: str) -> None:
        unit = self.source.compartment.name
        self.found.setdefault((line, rule, target), Finding(self.source.name, line, rule, unit, target, text, instead))

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.found.values())


class Reading:
    def __init__(self, source: PythonSource, project: Project) -> None:
        self.source = source
        self.names = Names(project)
        self.rows = Rows(self.names)
        self.texts = Texts(self.names, self.rows)
        self.findings = Findings(source)
        self.statements = 0

    @property
    def home(self) -> Compartment:
        return self.source.compartment
