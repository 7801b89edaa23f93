"""Export endpoints (contract section 2.3): from, continueFrom, hasMore, 15 minutes' lag, oddities."""

import msgspec

from config.sandbox import moments
from config.sandbox.chance import mix
from config.sandbox.http import Answer, Request, json_answer
from servicetitan.sandbox.api.errors import ApiError
from servicetitan.sandbox.api.feeds import Batch, Feed, Keep
from servicetitan.sandbox.api.query import active_filter, boolean
from servicetitan.sandbox.api.tokens import Place, Tokens
from servicetitan.sandbox.company.company import Company
from servicetitan.sandbox.dirt import Dirt
from servicetitan.sandbox.switches import Switches


class Export:
    def __init__(self, company: Company, name: str, entity: str, feed: Feed, *, active: bool = False) -> None:
        self._company = company
        self._entity = entity
        self._feed = feed
        self._tokens = Tokens(company.seed, name)
        self._takes_active = active
        self._calls = 0

    def __call__(self, request: Request, switches: Switches) -> Answer:
        recent = boolean(request, "includeRecentChanges")
        keep = self._keep(request)
        with self._company.lock:
            now = self._company.now()
            place = self._from(request.last("from"), switches)
            batch, following = self._batch(place, now, recent, keep, switches)
        rows = Dirt(switches).rows(self._entity, batch.rows)
        token = self._tokens.write(following)
        last = None if switches.last_token_null and not batch.more else token
        return json_answer({"hasMore": batch.more, "continueFrom": last, "data": rows})

    def token_of(self, answer: Answer) -> str:
        return str(msgspec.json.decode(answer.body)["continueFrom"])

    def redirected(self, answer: Answer, asked: str | None) -> Answer:
        """The same rows with a token that leads to the place asked for (the fault skip_page)."""
        body = msgspec.json.decode(answer.body)
        place = (asked and self._tokens.read(asked)) or Place(0)
        body |= {"hasMore": True, "continueFrom": self._tokens.write(Place(place.position, place.hop + 1))}
        return json_answer(body)

    def _keep(self, request: Request) -> Keep | None:
        """Appointments alone take `active` here, and show all without it."""
        wanted = active_filter(request, "Any") if self._takes_active else None
        return None if wanted is None else lambda record: record.active == wanted

    def _from(self, value: str | None, switches: Switches) -> Place:
        if not value:
            return Place(0)
        moment = moments.parse(value)
        if moment is not None:
            return Place(self._feed.start(moment))
        place = self._tokens.read(value)
        if place is None:
            raise ApiError(
                switches.invalid_token_status,
                "One or more validation errors occurred.",
                {"from": [f"The value '{value}' is not a valid continuation token or date."]},
            )
        return place

    def _batch(
        self, place: Place, now: int, recent: bool, keep: Keep | None, switches: Switches
    ) -> tuple[Batch, Place]:
        lag = int(switches.export_lag_minutes * moments.MINUTE)
        horizon = now if recent else now - lag
        self._calls += 1
        if self._hollow(place, switches) and self._feed.take(place.position, 1, horizon, keep).rows:
            return Batch([], place.position, True), Place(place.position, place.hop + 1)
        batch = self._feed.take(place.position, self._size(place, switches), horizon, keep)
        if recent and batch.rows and not batch.more:
            return batch, self._unsettled(place, batch, now, lag)
        following = Place(batch.next, 0 if batch.rows or batch.next != place.position else place.hop)
        return self._repeated(batch, place, horizon, keep, switches), following

    def _hollow(self, place: Place, switches: Switches) -> bool:
        """An empty batch that promises more; never twice at one place."""
        every = switches.empty_batch_every
        return every > 0 and self._calls % every == 0 and not place.hop

    def _size(self, place: Place, switches: Switches) -> int:
        size = switches.export_batch_size
        if not switches.export_batch_varies:
            return size
        least = max(1, size // 3)
        return least + mix(place.position) % (size - least + 1)

    def _unsettled(self, place: Place, batch: Batch, now: int, lag: int) -> Place:
        """With includeRecentChanges the last rows come again until the lag is over (DOC-EXP)."""
        settled = self._feed.start(now - lag + 1)
        return Place(min(batch.next, max(place.position, settled)), now // moments.SECOND)

    def _repeated(
        self, batch: Batch, place: Place, horizon: int, keep: Keep | None, switches: Switches
    ) -> Batch:
        count = switches.duplicates_across_batches
        if not count or not batch.rows or not place.position:
            return batch
        before = self._feed.take(max(0, place.position - count), count, horizon, keep).rows
        return batch._replace(rows=before + batch.rows)
