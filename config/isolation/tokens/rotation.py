"""New sealing keys for a unit: a new one first, what is stored sealed with it, and the old ones dropped when asked."""

from dataclasses import dataclass, field

from config.isolation.actor import acting_as
from config.isolation.tokens.keys import KeyFile, key_file, new_key
from config.isolation.tokens.store import TokenStore, TokensUnreadable, accounts


@dataclass
class Rotation:
    """What was done for one unit. `problems`: what could not be opened or dropped, in sentences."""

    unit: str
    file: str
    resealed: int = 0
    keys: int = 0
    dropped: int = 0
    problems: list[str] = field(default_factory=list)


def rotate(unit: str, *, drop_old: bool = False) -> Rotation:
    """Stored tokens stay readable at every moment, for processes that run meanwhile too."""
    file = key_file(unit)
    done = Rotation(unit, str(file.path))
    with acting_as(unit), file.changing():
        old = file.keys(afresh=True) if file.path.exists() else ()
        file.replace((new_key(), *old))
        stores = [TokenStore(unit, account) for account in accounts(unit)]
        for store in stores:
            _reseal(store, done)
        if drop_old:
            _drop(file, stores, done)
        done.keys = len(file.keys(afresh=True))
    return done


def _reseal(store: TokenStore, done: Rotation) -> None:
    try:
        done.resealed += store.reseal()
    except TokensUnreadable as error:
        done.problems.append(str(error))


def _drop(file: KeyFile, stores: list[TokenStore], done: Rotation) -> None:
    """A process may seal with an older key between our look and the drop: then the keys come back."""
    keys = file.keys(afresh=True)
    if not _all_newest(stores, done):
        return
    file.replace(keys[:1])
    if _all_newest(stores, done):
        done.dropped = len(keys) - 1
    else:
        file.replace(keys)


def _all_newest(stores: list[TokenStore], done: Rotation) -> bool:
    left = [store.key for store in stores if not store.is_sealed_with_newest()]
    if left:
        done.problems.append(f"The old keys stay, {', '.join(left)} needs them: run this again.")
    return not left
