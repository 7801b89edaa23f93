"""What the tests of drift ask of `isolation check` and `apply`."""

from config.isolation.database import grants
from config.isolation.manifest import OWNER_ALIAS
from tests.isolation.conftest import check, connected

Names = dict[str, str]


def assert_mended(word: str) -> None:
    found, troubles = check()
    assert any(word in what for what in found), (found, troubles)
    again = check()
    assert again == (found, troubles), ("check must change nothing", again, found, troubles)
    outcome = grants.apply()
    assert sorted(outcome.changes) == sorted(found), (outcome, found)
    assert outcome.refused == troubles, (outcome, troubles)
    left = check()[0]
    assert left == [], left


def owner_is_superuser() -> bool:
    with connected(OWNER_ALIAS) as owner:
        return owner.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (True,)
