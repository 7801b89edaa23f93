"""What should be in Salesforce for customers, by the mapping in use."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from config.feed.wanted import Skip, fingerprint
from salesforce.mapping.facts import Facts, facts_of
from salesforce.mapping.fields import Fields, Unfit, coded, default_country, fit
from salesforce.mapping.sources import SOURCES, Source
from salesforce.models import FieldMapping

CONTACT, ACCOUNT = "Contact", "Account"
_EMPTY: tuple[Any, ...] = (None, "", [])


@dataclass(frozen=True)
class Wanted:
    """`values`: by the fields' names, without the key; None empties a field. `notes`: what was lost to make it fit."""

    customer_id: int
    name: str
    values: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    hash: str = field(default="", compare=False)


@dataclass(frozen=True)
class Rule:
    """One line of the mapping, with the field it is for."""

    source: Source
    target: str
    clears: bool


class Mapping:
    """Of one object. `problems`: lines that cannot be carried out, in sentences; they are left out."""

    def __init__(self, sobject: str, rows: Sequence[FieldMapping], fields: Fields) -> None:
        self.sobject, self._fields = sobject, fields
        self.rules: list[Rule] = []
        self.problems: list[str] = []
        for row in rows:
            if row.sobject == sobject and row.enabled and (rule := self._rule(row)) is not None:
                self.rules.append(rule)
        self.needs = frozenset(need for rule in self.rules for need in rule.source.needs)

    def _rule(self, row: FieldMapping) -> Rule | None:
        problem = problem_of(row, self._fields)
        if problem:
            self.problems.append(problem)
            return None
        target = coded(self._fields, row.target)
        return Rule(SOURCES[row.source], target, row.when_empty == FieldMapping.Empty.CLEAR)

    def values(self, facts: Facts) -> tuple[dict[str, Any], list[str]]:
        """(values, notes)"""
        values: dict[str, Any] = {}
        notes: list[str] = []
        for rule in self.rules:
            value = rule.source.read(facts)
            if value in _EMPTY:
                if rule.clears:
                    values[rule.target] = None
                continue
            try:
                values[rule.target], note = fit(self._fields[rule.target], value)
            except Unfit as unfit:
                note = str(unfit)
            if note:
                notes.append(note)
        self._complete(values)
        return values, notes

    def _complete(self, values: dict[str, Any]) -> None:
        for target in list(values):
            if values[target] and (country := default_country(self._fields, target)) and not values.get(country[0]):
                values[country[0]] = country[1]


def problem_of(row: FieldMapping, fields: Fields) -> str:
    """Why a line of the mapping cannot be carried out, in a sentence; '' where it can."""
    if row.source not in SOURCES:
        return f"There is no value named {row.source}."
    if row.target == settings.SALESFORCE_KEY_FIELD:
        return f"{row.target} is the key, which the hub fills in itself."
    field = fields.get(coded(fields, row.target))
    if field is None:
        return f"{row.sobject} has no field {row.target}, or the hub's user may not see it."
    return "" if field.writable else f"{row.sobject}.{row.target} cannot be written."


def wanted_records(
    mapping: Mapping, customer_ids: Collection[int], present: Collection[int], now: datetime
) -> dict[int, Wanted | Skip]:
    """By customer. `present`: those who are there already: they stay, whatever becomes of the customer."""
    facts = facts_of(customer_ids, mapping.needs, now)
    found: dict[int, Wanted | Skip] = {}
    for id in customer_ids:
        reason = _why_not(facts.get(id), id in present)
        found[id] = Skip(reason) if reason else _wanted(mapping, facts[id])
    return found


def _why_not(facts: Facts | None, present: bool) -> str:
    if facts is None:
        return "The customer is not in the mirror (yet)."
    customer = facts.customer
    if customer.merged_to_id and customer.merged_to_id != customer.pk:
        return f"The customer was merged into customer {customer.merged_to_id} in ServiceTitan."
    if not present and customer.deleted_at is not None:
        return "The customer was deleted in ServiceTitan."
    return "The customer is inactive in ServiceTitan." if not present and customer.active is False else ""


def _wanted(mapping: Mapping, facts: Facts) -> Wanted:
    values, notes = mapping.values(facts)
    name = facts.customer.name or ""
    if mapping.sobject == CONTACT:
        values.setdefault("LastName", name[:80].strip() or f"Customer {facts.customer.pk}")
        if settings.SALESFORCE_ACCOUNTS == "customer":
            values[f"Account.{settings.SALESFORCE_KEY_FIELD}"] = str(facts.customer.pk)
    else:
        values.setdefault("Name", name[:255].strip() or f"Customer {facts.customer.pk}")
    return Wanted(facts.customer.pk, name, values, notes, fingerprint(mapping.sobject, values))
