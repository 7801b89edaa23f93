import json
from datetime import UTC, datetime
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from config.isolation.egress.retries import Stats
from config.isolation.errors import IsolationError
from config.jobs.command import UnitCommand
from integrations.ghl.errors import GhlError
from integrations.ghl.http import shared_redis
from integrations.ghl.oauth import OAuthTokens
from integrations.ghl.oauth.consent import Consent
from integrations.ghl.oauth.standing import Standing


class Command(UnitCommand):
    help = "Connect the hub to a GoHighLevel sub-account through a Marketplace app. Prints the link where a person consents."
    unit = "ghl"

    def add_arguments(self, parser: CommandParser) -> None:
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--code", help="finish: the code, or the whole address at which the browser ended")
        act.add_argument("--status", action="store_true", help="how the connection stands; exit status 1 where there is none")
        act.add_argument("--disconnect", action="store_true", help="forget the tokens")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of sentences")

    def run(self, **options: Any) -> None:
        if not settings.GHL_LOCATION_ID:
            raise CommandError("GHL_LOCATION_ID is not set: the id of the sub-account, from its settings page.")
        try:
            found = self._found(options)
        except (GhlError, IsolationError) as error:
            raise CommandError(str(error)) from error
        except redis.RedisError as error:
            raise CommandError(f"Redis, where the tokens are kept, does not answer: {error}") from error
        said = found.pop("said")
        self.stdout.write(json.dumps(found) if options["json"] else said)
        if options["status"] and not found["ok"]:
            raise SystemExit(1)

    def _found(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["status"]:
            return _status()
        consent = Consent(shared_redis())
        if options["disconnect"]:
            had = consent.disconnect()
            said = f"The tokens of {consent.account} are forgotten." if had else "There was no connection."
            return {"ok": True, "location": consent.account, "was_connected": had, "said": said}
        _need_app()
        if options["code"]:
            consent.finish(options["code"], Stats())
            return _status()
        url = consent.address()
        said = f"Open this link, choose the sub-account {consent.account}, and pass the address at which the browser ends:\n\n"
        said += f"{url}\n\n    manage.py ghl_connect --code 'ADDRESS'\n{_private_token()}"
        return {"ok": True, "location": consent.account, "url": url, "said": said}


def _need_app() -> None:
    missing = [name for name in ("GHL_OAUTH_CLIENT_ID", "GHL_OAUTH_CLIENT_SECRET") if not getattr(settings, name)]
    if missing:
        raise CommandError(f"Not set: {', '.join(missing)}. They are on the page of your app in GoHighLevel's Marketplace.")


def _private_token() -> str:
    note = "\nGHL_API_TOKEN is set and comes first: the connection is used once it is removed.\n"
    return note if settings.GHL_API_TOKEN else ""


def _status() -> dict[str, Any]:
    """`ok`: calls can be made."""
    account, client = settings.GHL_LOCATION_ID, shared_redis()
    grant = OAuthTokens(account, client).stored()
    private = bool(settings.GHL_API_TOKEN)
    found: dict[str, Any] = {"ok": private, "location": account, "private_token": private}
    if grant is None:
        said = "No app is connected." + (" GHL_API_TOKEN is used." if found["ok"] else " Run manage.py ghl_connect.")
        return found | {"connected": False, "said": said}
    refusal = Standing(client, account).refusal(grant)
    works = grant.seconds_left() > 0 or refusal is None
    until = timezone.localtime(datetime.fromtimestamp(grant.expires_at, UTC))
    said = f"{account} is connected; the token lasts until {until:%Y-%m-%d %H:%M} and is renewed before."
    if refusal is not None:
        said = f"{refusal.why} The token lasts until {until:%Y-%m-%d %H:%M}."
        said += " Connect again: manage.py ghl_connect." if refusal.needs_person else " It is tried again."
    return found | {
        "ok": found["ok"] or works, "connected": True, "expires_at": until.isoformat(), "scopes": grant.scopes.split(),
        "reconnect_needed": bool(refusal and refusal.needs_person), "problem": refusal.why if refusal else "",
        "said": said + _private_token(),
    }  # fmt: skip
