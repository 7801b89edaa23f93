"""The users of a Redis server, as its administrator sees and sets them."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import redis

from config.isolation.redis.acl_rules import Found, Rules, password_hash


class Server:
    """Over an administrator's client that decodes answers. Raises redis.ResponseError where the server refuses."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client

    @cached_property
    def me(self) -> str:
        """The name we are logged in with."""
        return str(self._acl("WHOAMI"))

    def names(self) -> list[str]:
        return [str(name) for name in self._acl("USERS")]

    def user(self, name: str) -> Found | None:
        answer = self._acl("GETUSER", name)
        if not answer:
            return None
        has = answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))
        commands = frozenset(has["commands"].split()) - {"-@all"}
        rules = Rules(frozenset(_words(has["keys"])), frozenset(_words(has["channels"])), commands)
        databases = has.get("databases", "alldbs")  # Valkey 9 can bind a user to some
        others = [*map(str, has.get("selectors", [])), *([databases] if databases != "alldbs" else [])]
        return Found(frozenset(has["flags"]), tuple(has["passwords"]), rules, tuple(others))

    def known(self, rules: Rules) -> Rules:
        """Without the commands that this server does not have: it would refuse to hear of them."""
        names = sorted(rules.commands)
        answers = self._ask("COMMAND INFO", *(name.removeprefix("+") for name in names))
        has = frozenset(name for name, answer in zip(names, answers, strict=True) if answer)
        return Rules(rules.keys, rules.channels, has)

    def set_user(self, name: str, password: str, rules: Rules) -> None:
        """In one step: nobody meets the user half made. Who is logged in as it stays so."""
        self._acl("SETUSER", name, "reset", "on", f"#{password_hash(password)}", *rules.arguments())

    def switch_off(self, name: str) -> None:
        self._acl("SETUSER", name, "off")

    def remove(self, name: str) -> None:
        self._acl("DELUSER", name)

    def refusal(self, user: str, command: Sequence[str]) -> str:
        """Why the server would refuse the command, or '' where it would not; it is not executed."""
        answer = str(self._acl("DRYRUN", user, *command))
        return "" if answer == "OK" else answer

    def keeps_users(self, *, save: bool) -> bool:
        """Whether the server has a file for its users; with `save` they are written to it."""
        if not save:
            return self._has_file()
        try:
            self._acl("SAVE")
        except redis.ResponseError:
            return False
        return True

    def _has_file(self) -> bool:
        try:
            answer = self._ask("CONFIG GET", "aclfile")
        except redis.ResponseError:
            return True  # it tells nobody; `ACL SAVE` will
        return bool(answer.get("aclfile") if isinstance(answer, dict) else answer[1:] and answer[1])

    def _acl(self, *words: str) -> Any:
        return self._ask("ACL", *words)

    def _ask(self, *words: str) -> Any:
        return self.client.execute_command(*words)


def _words(value: Any) -> list[str]:
    """Redis 7 words patterns in one text; versions before it in a list."""
    return str(value).split() if isinstance(value, str) else [str(word) for word in value]
