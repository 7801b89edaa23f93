"""Sending records 200 a call. Results are matched by their order; only what deserves it is sent again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import uniform

from django.conf import settings

from config.isolation.egress.retries import Stats
from salesforce.client import Client
from salesforce.errors import BadAnswer, Missing, NotAuthorized, Refused, SetupWrong
from salesforce.push.keep import Outcome
from salesforce.push.kinds import Kind
from salesforce.push.plan import Item
from salesforce.push.verdicts import Kind as Fate
from salesforce.push.verdicts import Verdict, of_result

ROUNDS = 4  # of one record: the first and three more
LOCK_PAUSE_S = (0.1, 1.0)
MOST_REFUSED = 5  # of a call's records looked for one by one: where there are more, it is not the records
UNKNOWN_HERE = "Salesforce has no such customer, and none is to be made (SALESFORCE_UPDATE_ONLY)."


@dataclass
class _Parcel:
    """A record on its way, and what it leaves out by now."""

    item: Item
    left_out: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    tries: int = 0


@dataclass
class Sender:
    """Raises the SalesforceErrors that concern all records; everything else is a record's own outcome."""

    client: Client
    kind: Kind
    stats: Stats
    sleep: Callable[[float], None]
    _refused: int = 0

    def send(self, items: Sequence[Item]) -> list[Outcome]:
        """At most 200."""
        self._refused = 0
        parcels = [_Parcel(item) for item in items]
        done: list[Outcome] = []
        if settings.SALESFORCE_UPDATE_ONLY:
            parcels, done = self._known(parcels)
        for round in range(ROUNDS):
            if not parcels:
                break
            if round:
                self.sleep(uniform(*LOCK_PAUSE_S))  # noqa: S311 - jitter, for other writers of the same rows
            again: list[_Parcel] = []
            for parcel, verdict in self._called(parcels):
                if (more := _once_more(parcel, verdict)) and round + 1 < ROUNDS:
                    again.append(more)
                else:
                    done.append(_outcome(parcel, verdict))
            parcels = again
        return done

    def _called(self, parcels: Sequence[_Parcel]) -> list[tuple[_Parcel, Verdict]]:
        """One bad record that makes Salesforce refuse the whole call is found by halves."""
        try:
            results = self._call(parcels)
        except (SetupWrong, NotAuthorized, Missing):
            raise
        except BadAnswer as bad:
            return [(parcel, Verdict(Fate.LATER, code="BAD_ANSWER", reason=str(bad))) for parcel in parcels]
        except Refused as refused:
            if len(parcels) == 1:
                self._refused += 1
                return [(parcels[0], Verdict(Fate.FAILED, code=refused.code, reason=str(refused)))]
            if self._refused >= MOST_REFUSED:
                return [(parcel, Verdict(Fate.LATER, code=refused.code, reason=str(refused))) for parcel in parcels]
            middle = len(parcels) // 2
            return self._called(parcels[:middle]) + self._called(parcels[middle:])
        verdicts = [of_result(result) for result in results]
        for verdict in verdicts:
            if verdict.kind == Fate.STOP:
                raise SetupWrong(verdict.reason, 200, verdict.code)
        return list(zip(parcels, verdicts, strict=True))

    def _call(self, parcels: Sequence[_Parcel]) -> list[dict[str, object]]:
        key = settings.SALESFORCE_KEY_FIELD
        records = [parcel.item.payload(key, parcel.left_out) for parcel in parcels]
        if not settings.SALESFORCE_UPDATE_ONLY:
            return self.client.upsert(self.kind.sobject, key, records, self.stats)
        for parcel, record in zip(parcels, records, strict=True):
            record.pop(key)
            record["Id"] = parcel.item.row.sf_id
        return self.client.update(self.kind.sobject, records, self.stats)

    def _known(self, parcels: list[_Parcel]) -> tuple[list[_Parcel], list[Outcome]]:
        """Those that Salesforce has, with their ids; the others are done."""
        wanted = [str(parcel.item.row.pk) for parcel in parcels if not parcel.item.row.sf_id]
        ids = self.client.ids(self.kind.sobject, settings.SALESFORCE_KEY_FIELD, wanted, self.stats)
        known, done = [], []
        for parcel in parcels:
            row = parcel.item.row
            row.sf_id = row.sf_id or ids.get(str(row.pk))
            if row.sf_id:
                known.append(parcel)
            else:
                done.append(_outcome(parcel, Verdict(Fate.ABSENT, reason=UNKNOWN_HERE)))
        return known, done


def _once_more(parcel: _Parcel, verdict: Verdict) -> _Parcel | None:
    """The record as it is sent again at once, or None where its verdict stands."""
    tried = parcel.tries + 1
    if verdict.kind == Fate.AGAIN or (verdict.kind == Fate.ONCE_MORE and parcel.tries == 0):
        return replace(parcel, tries=tried)
    if verdict.kind == Fate.WITHOUT and (more := set(verdict.fields) & _sent_names(parcel)):
        note = f"{', '.join(sorted(more))} was left out: {verdict.reason}"
        return replace(parcel, tries=tried, left_out=parcel.left_out | more, notes=(*parcel.notes, note))
    return None


def _sent_names(parcel: _Parcel) -> set[str]:
    return set(parcel.item.wanted.values) - parcel.left_out


def _outcome(parcel: _Parcel, verdict: Verdict) -> Outcome:
    if verdict.kind in (Fate.WITHOUT, Fate.ONCE_MORE):
        verdict = replace(verdict, kind=Fate.FAILED)
    elif verdict.kind == Fate.AGAIN:
        verdict = replace(verdict, kind=Fate.LATER)
    wanted = parcel.item.wanted
    values = {name: value for name, value in wanted.values.items() if name not in parcel.left_out}
    notes = [*wanted.notes, *parcel.notes]
    if verdict.id is None and parcel.item.row.sf_id and verdict.kind == Fate.DONE:
        verdict = replace(verdict, id=parcel.item.row.sf_id)
    return Outcome(parcel.item.row, verdict, wanted.name, wanted.hash, values, parcel.item.planned_at, notes)
