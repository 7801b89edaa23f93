"""What nobody outside the vendor knows for sure, and how people behave: one field each. (A) marks what is assumed."""

from dataclasses import dataclass

from config.sandbox.switches import Changeable


@dataclass(frozen=True, slots=True)
class Switches(Changeable):
    latency: float = 0.0  # real seconds before every answer
    list_lag: float = 0.0  # seconds until a message is in the list (A: none)
    per_second: int = 0  # messages an account may make a second, else 429; 0: unlimited
    retry_after: bool = False  # a Retry-After of one second on 429 (A)
    trial_account: bool = False  # a line of the vendor's own before each text
    smart_encoding: bool = False  # quotes and dashes written plainly
    advanced_opt_out: bool = False  # says with OptOutType what a word was taken for; "arret" stops as well

    # Callbacks
    sent_after: float = 0.1  # seconds until a message is sent, and then until it is delivered (A)
    delivered_after: float = 0.3
    undelivered: float = 0.0  # share that the carrier does not deliver (30003)
    callback_twice: float = 0.0  # share of callbacks delivered twice
    callback_lost: float = 0.0
    callback_forged: float = 0.0  # share followed by one with a wrong signature

    # People
    stop: float = 0.0  # share of recipients who answer STOP
    reply: float = 0.0  # share of recipients who write back
    answer_after: float = 1.0  # seconds
