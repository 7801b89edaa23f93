"""`isolation scan`: finds what would leave its compartment, by file and line, and stays silent about what only looks like it.

The examples are texts: examples/found.txt and examples/silent.txt.
"""

import json
import re
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from config.isolation.scan import read, scan
from config.isolation.scan.allowed import ALLOWED, Allowance

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = Path(__file__).parent / "examples"
ELSEWHERE = "integrations/ghl/push.py"
ARROW = "<-"


def examples(name: str) -> list[tuple[str, str]]:
    """(path, source) of each example; its title is the id of the test."""
    parts = re.split(r"^=== (.+)\n", (EXAMPLES / name).read_text(), flags=re.MULTILINE)[1:]
    found = []
    for title, source in zip(parts[::2], parts[1::2], strict=True):
        what, _, path = title.partition(" @ ")
        found.append(pytest.param(path or ELSEWHERE, source, id=what))
    return found  # type: ignore[return-value] # a ParameterSet is unpacked by pytest


FOUND, SILENT = examples("found.txt"), examples("silent.txt")


def plant(root: Path, path: str, source: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(source)


def arrows(source: str) -> set[int]:
    return {number for number, line in enumerate(source.splitlines(), 1) if line.rstrip().endswith(ARROW)}


def test_there_are_enough_examples() -> None:
    assert len(FOUND) >= 60
    assert len(SILENT) >= 60


@pytest.mark.parametrize(("path", "source"), FOUND)
def test_a_foreign_act_is_found_on_its_line(tmp_path: Path, path: str, source: str) -> None:
    plant(tmp_path, path, source)
    expected = arrows(source) or {1}  # one example ends its line with the comment it is about
    found = scan(tmp_path)
    assert {finding.line for finding in found} == expected, "\n".join(map(str, found))
    assert {finding.file for finding in found} == {path}


@pytest.mark.parametrize(("path", "source"), SILENT)
def test_what_only_looks_like_it_is_let_pass(tmp_path: Path, path: str, source: str) -> None:
    plant(tmp_path, path, source)
    assert [str(finding) for finding in scan(tmp_path)] == []


def test_a_planted_file_is_found_in_the_whole_project_and_nothing_else_is(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    left_out = shutil.ignore_patterns(".*", "tests", "__pycache__", "*.png")
    shutil.copytree(ROOT, copy, ignore=left_out)
    plant(copy, "salesforce/push.py", "from servicetitan.models import Customer\n\nCustomer.objects.update(name='x')\n")
    plant(copy, "servicetitan/migrations/0099_more.sql", "SELECT 1;\n\nDELETE FROM salesforce.sync_log;\n")
    assert [(finding.file, finding.line, finding.target) for finding in scan(copy)] == [
        ("salesforce/push.py", 3, "servicetitan.st_customers"),
        ("servicetitan/migrations/0099_more.sql", 3, "salesforce.sync_log"),
    ]


def test_the_whole_project_is_silent() -> None:
    report = read(ROOT)
    assert [str(finding) for finding in report.findings] == []
    assert report.files > 200
    assert report.statements > 50


def test_the_command_says_how_much_it_read() -> None:
    out = StringIO()
    call_command("isolation", "scan", stdout=out)
    assert re.fullmatch(r"\d+ files, \d+ SQL statements: 0 findings.*\.\n", out.getvalue())


def test_the_command_names_file_and_line_and_ends_with_1(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, ELSEWHERE, "\ncursor.execute('DELETE FROM servicetitan.st_jobs')\n")
    settings.BASE_DIR = tmp_path
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("isolation", "scan", stdout=out)
    assert ended.value.code == 1
    assert out.getvalue().splitlines()[0] == (
        "integrations/ghl/push.py:2: 'ghl' writes servicetitan.st_jobs (DELETE), which belongs to 'servicetitan'. "
        "Store what you need in your own schema, linked by the external id; the owner's code changes its rows."
    )


def test_the_command_answers_in_json(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, ELSEWHERE, "cursor.execute('DELETE FROM servicetitan.st_jobs')\n")
    settings.BASE_DIR = tmp_path
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("isolation", "scan", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert (answer["files"], answer["statements"]) == (1, 1)
    [finding] = answer["findings"]
    assert finding["file"] == ELSEWHERE
    assert (finding["line"], finding["unit"], finding["target"]) == (1, "ghl", "servicetitan.st_jobs")


def test_what_a_comment_answers_for_is_counted(tmp_path: Path) -> None:
    plant(tmp_path, ELSEWHERE, "cursor.execute('DELETE FROM servicetitan.st_jobs')  # isolation: an example\n")
    report = read(tmp_path)
    assert (len(report.findings), len(report.suppressed)) == (0, 1)
    assert report.summary == "1 files, 1 SQL statements: 0 findings, 1 explained by a comment."


@pytest.mark.parametrize("allowance", ALLOWED, ids=lambda allowance: allowance.path)
def test_every_allowance_is_needed(allowance: Allowance, monkeypatch: pytest.MonkeyPatch) -> None:
    """With it gone the scan finds something: an allowance nobody needs is a hole."""
    monkeypatch.setattr("config.isolation.scan.allowed.ALLOWED", tuple(a for a in ALLOWED if a is not allowance))
    found = scan(ROOT)
    assert found, f"Nothing needs the allowance for {allowance.path} any more: remove it from config/isolation/scan/allowed.py."
    assert all(allowance.covers(finding) for finding in found)
