"""Serves several emulators from one process, each on a port of its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from config.sandbox.keeper import Keeper
from config.sandbox.loopback import running
from config.sandbox.vendors import Emulator

SAVE_EVERY_S = 5.0

Say = Callable[[str], object]


@dataclass(frozen=True)
class Served:
    """One vendor. `keeper`: where what it is told outlives a restart."""

    title: str
    port: int
    emulator: Emulator
    keeper: Keeper | None = None

    @contextmanager
    def running(self) -> Iterator[str]:
        """Gives the address. Raises OSError where the port is taken."""
        with ExitStack() as stack:
            try:
                address = stack.enter_context(running(self.emulator.app, port=self.port))
            except OSError as error:
                raise OSError(f"{self.title}'s port {self.port} cannot be used ({error.strerror}).") from error
            yield address

    def save(self, say: Say) -> None:
        if self.keeper is not None:
            try:
                self.keeper.save()
            except OSError as error:  # of the disk: no reason to end, and perhaps it is over next time
                say(f"What {self.title} was told could not be saved: {error}")


@contextmanager
def serving(all_served: Sequence[Served], say: Say) -> Iterator[list[str]]:
    """All of them are there while the block runs; where one cannot be, none is. Gives their addresses."""
    with ExitStack() as stack:
        addresses = []
        for served in all_served:
            stack.callback(served.save, say)  # when its server has ended: nothing comes in any more
            addresses.append(stack.enter_context(served.running()))
        yield addresses
