"""What no unit owns, said in sentences. Each check takes what it looks at, so that a planted example can fail it."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand
from django.db.models import Model
from django.urls import URLPattern, URLResolver

from config.isolation.manifest import BUS_KEYS, BY_NAME, UNITS, owner_of
from config.isolation.names import split
from config.isolation.scan.compartments import OURS, Compartment
from config.isolation.scan.source import PythonSource
from config.jobs.command import UnitCommand

# Commands for those who build or run the hub: they act as the owner, or touch no table at all.
TOOLS = {
    "embedded": "starts and stops the servers",
    "isolation": "the owner's: roles, grants and proofs",
    "migrate": "the owner's: tables",
    "seal": "every unit's keys, each in turn as that unit",
    "sandbox": "plays the vendors; knows no database",
}
LATER = {"st_workflow_worker", "st_monitoring_agent"}  # in the manifest already, built with the units they run
WORKERS = {name for unit in UNITS for name in unit.runs_in}
API_SETTINGS = {api.setting for unit in UNITS for api in unit.apis}
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev)")
_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+)")
_RESERVED = re.compile(r"127\.0\.0\.1|localhost|(?:.+\.)?example(?:\.(?:com|net|org))?")  # RFC 2606: nobody's
_KEY = re.compile(r"(?!admin:|urn:)[a-z][a-z_]*:[^\s/]+")  # admin:index is the name of a view, urn:ietf:... a standard's


def unowned_models(models: Iterable[type[Model]]) -> list[str]:
    return [
        f"{model._meta.label} is stored in {model._meta.db_table}, which no unit owns: give it a unit's schema and table pattern."
        for model in models
        if owner_of(*split(model._meta.db_table)) is None
    ]


def undeclared_commands(commands: Mapping[str, BaseCommand]) -> list[str]:
    return [problem for name, command in commands.items() if (problem := _command_problem(name, command))]


def _command_problem(name: str, command: BaseCommand) -> str | None:
    if isinstance(command, UnitCommand):
        unit = getattr(command, "unit", None)
        return None if unit in BY_NAME else f"The command {name} acts as {unit!r}, which is no unit of the manifest."
    if name in WORKERS or name in TOOLS:
        return None
    return f"The command {name} is no unit's: make it a UnitCommand, or name it under `runs_in` in the manifest."


def missing_workers(commands: Iterable[str]) -> list[str]:
    return [f"The manifest runs units in {name}, which is no command." for name in sorted(WORKERS - LATER - set(commands))]


def undeclared_tasks(tasks: Mapping[str, Any]) -> list[str]:
    return [
        f"The task {name}: {problem}"
        for name, task in tasks.items()
        if not name.startswith("celery.") and (problem := _task_problem(name, task))
    ]


def _task_problem(name: str, task: Any) -> str | None:
    unit = BY_NAME.get(name.partition(".")[0])
    if unit is None or "." not in name:
        return "name it <unit>.<what>, so that it has a queue and an actor."
    if not unit.runs_in:
        return f"'{unit.name}' runs in no process, so nobody would do it."
    deliveries = getattr(task, "deliveries", None)
    if deliveries is None:
        return "give it `deliveries`, the unit's table of TaskDelivery: without it nothing keeps count of its tries."
    if not unit.writes(*split(deliveries._meta.db_table)):
        return f"its deliveries are kept in {deliveries._meta.db_table}, where '{unit.name}' may not write."
    return None


def undeclared_urls(patterns: Iterable[URLPattern | URLResolver]) -> list[str]:
    return [
        f"The address /{route} is no unit's: give its beginning to a unit under `urls` in the manifest."
        for route in _routes(patterns)
        if url_owner(route) is None
    ]


def _routes(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def url_owner(route: str) -> str | None:
    """The unit with the longest beginning of the route. The empty one is the front page alone, or it would own everything."""
    beginnings = [(prefix, unit.name) for unit in UNITS for prefix in unit.urls]
    owned = [(prefix, name) for prefix, name in beginnings if route == prefix or (prefix and route.startswith(prefix))]
    return max(owned, key=lambda pair: len(pair[0]))[1] if owned else None


OUR_OWN = {
    "HUB_PUBLIC_URL",  # the site itself, which nothing of ours calls
    "OTEL_EXPORTER_OTLP_ENDPOINT",  # a server of the installation, as Redis is: the audit hook knows it (egress/guard.py)
}


def undeclared_addresses(settings_source: str) -> list[str]:
    """Settings that hold an address outside, by the way they are read."""
    calls = [node for node in ast.walk(ast.parse(settings_source)) if isinstance(node, ast.Call)]
    names = [ast.literal_eval(call.args[0]) for call in calls if getattr(call.func, "attr", "") == "base_url"]
    return [f"The setting {name} holds an address that is no unit's API." for name in names if name not in API_SETTINGS | OUR_OWN]


def missing_settings(known: Iterable[str], example: str) -> list[str]:
    """Of the addresses the manifest names: those that do not exist as a setting, or are not explained in .env.example."""
    explained = re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)
    absent = [f"The manifest names {name}, which is no setting." for name in sorted(API_SETTINGS - set(known))]
    return absent + [f"{name} is not in .env.example." for name in sorted(API_SETTINGS - set(explained))]


def declared_hosts(example: str) -> set[str]:
    """Hosts that .env.example gives as defaults of the units' addresses, and of links that only people's browsers open."""
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE))
    names = API_SETTINGS | {name for name in values if name.startswith("HUB_") and name.endswith("_LINK")}
    return {host for name in names if (host := urlsplit(values.get(name, "")).hostname)}


def strings(source: PythonSource) -> Iterator[tuple[int, str]]:
    """(line, text) of every string that is no docstring; parts of f-strings with a hole for what is filled in."""
    for node, _ in source.binder.found:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values)


def undeclared_hosts(source: PythonSource, declared: set[str]) -> list[str]:
    return [
        f"{source.name}:{line}: {host} is the default of no unit's address: name it in the manifest's `apis`, through a setting."
        for line, text in strings(source)
        for host in (_ADDRESS.findall(text) or ([text] if _HOST.fullmatch(text) else []))
        if host not in declared and not _RESERVED.fullmatch(host)
    ]


def hosts_in_page(path: Path, declared: set[str]) -> list[str]:
    """Of a template, style sheet or script; namespaces of XML are names and no addresses."""
    found = set(_ADDRESS.findall(path.read_text())) - declared - {"www.w3.org"}
    return [f"{path}: {host} is called by no unit." for host in sorted(found) if not _RESERVED.fullmatch(host)]


def undeclared_keys(source: PythonSource) -> list[str]:
    """Literals that look like keys, in modules that have to do with Redis."""
    if not any("redis" in name for name in _imported(source.tree)):
        return []
    home = source.compartment
    return [
        f"{source.name}:{line}: the key {text} is not {home.name}'s: the manifest gives it {', '.join(_patterns(home))}."
        for line, text in (*strings(source), *_prefixes(source.tree))
        if _KEY.fullmatch(text) and not any(fnmatchcase(text, pattern) for pattern in _patterns(home))
    ]


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _prefixes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Values of options that are named prefix; they end with the colon."""
    for node in ast.walk(tree):
        pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
        for key, value in pairs:
            if "prefix" in str(getattr(key, "value", "")) and isinstance(value, ast.Constant):
                yield value.lineno, f"{value.value!s}…"


def _patterns(home: Compartment) -> list[str]:
    """What a unit's code may name: its own keys and those it reads. The rules in `config/` name everybody's."""
    units = UNITS if home.is_unit("backoffice") else home.units
    patterns = [pattern for unit in units for pattern in (*unit.redis, *unit.redis_reads)]
    return [*dict.fromkeys(patterns), *([BUS_KEYS] if home.is_unit("backoffice") else [])]


def is_ours(module: str) -> bool:
    return module.partition(".")[0] in OURS
