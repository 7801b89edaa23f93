"""Reading the whole project."""

import gc
from pathlib import Path

from config.isolation.scan.allowed import allowed
from config.isolation.scan.files import sources
from config.isolation.scan.finding import Finding, Report
from config.isolation.scan.reading import Reading
from config.isolation.scan.rule_actor import ActorRule
from config.isolation.scan.rule_handmade import HandmadeRule
from config.isolation.scan.rule_migration import MigrationRule
from config.isolation.scan.rule_orm import OrmRule
from config.isolation.scan.rule_sql import SqlRule, read_sql_file
from config.isolation.scan.source import Project, PythonSource, Source
from config.isolation.scan.suppressions import sift

_RULES = (SqlRule, OrmRule, ActorRule, HandmadeRule, MigrationRule)


def scan(root: Path) -> list[Finding]:
    """Every place in the source below `root` that would leave its compartment, by file and line."""
    return read(root).findings


def read(root: Path) -> Report:
    """The findings, and how much was read."""
    paths = list(sources(root))
    report = Report(files=len(paths))
    gc.disable()  # syntax trees are many small objects that all stay until the end
    try:
        _read_all(root, paths, report)
    finally:
        gc.enable()
    report.findings.sort()
    return report


def _read_all(root: Path, paths: list[Path], report: Report) -> None:
    python = [PythonSource(root, path) for path in paths if path.suffix == ".py"]
    project = Project(python)
    for source in python:
        reading = _read(source, project)
        report.statements += reading.statements
        _keep(report, source, list(reading.findings))
    for file in (Source(root, path) for path in paths if path.suffix == ".sql"):
        count, findings = read_sql_file(file)
        report.statements += count
        _keep(report, file, list(findings))


def _read(source: PythonSource, project: Project) -> Reading:
    reading = Reading(source, project)
    for rule in [rule(reading) for rule in _RULES]:
        for node, place in source.binder.found:
            if isinstance(node, rule.LOOKS_AT):
                rule.look(node, place)
    return reading


def _keep(report: Report, source: Source, findings: list[Finding]) -> None:
    staying, answered = sift(source, [finding for finding in findings if not allowed(finding)])
    report.findings += staying
    report.suppressed += answered
