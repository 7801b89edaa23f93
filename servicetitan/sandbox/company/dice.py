"""The chance of one event: a stream of numbers from its hash."""

from config.sandbox.chance import mix


class Dice:
    def __init__(self, luck: int) -> None:
        self._luck = luck

    def below(self, limit: int) -> int:
        self._luck = mix(self._luck)
        return self._luck % limit

    def one_in(self, chances: int) -> bool:
        return self.below(chances) == 0
