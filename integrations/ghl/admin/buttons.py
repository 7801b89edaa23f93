"""The buttons that ask the unit for something. It decides itself, when its worker takes the task up."""

from typing import Any

from django.http import HttpRequest
from unfold.enums import ActionVariant

from config.backoffice import operators
from config.backoffice.asking import Question, ask, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.isolation import switches
from integrations.ghl.models import Contact, Opportunity, Pushed, SyncRun

START_RIGHT = "integrations.add_syncrun"  # "can add GoHighLevel run": whoever may ask for one
DECIDE_RIGHT = "integrations.change_draft"
RULES_RIGHTS = tuple(f"integrations.{verb}_stagerule" for verb in ("add", "change", "delete"))
operators.may(START_RIGHT, DECIDE_RIGHT, *RULES_RIGHTS)

State, Mode = Pushed.State, SyncRun.Mode


def stopped() -> str:
    """Why nothing would be sent; '' where it would."""
    stand = switches.newest()["ghl"]
    return "" if stand.mode in (switches.Mode.RUN, switches.Mode.DRY_RUN) else f"Nothing is sent: {stand.sentence()}"


def by(request: HttpRequest) -> str:
    """What the run's row says about who started it."""
    return f"admin: {request.user.get_username()}"[:200]


def _asking(title: str, text: str, button: str) -> Any:
    return lambda admin, record: Question(title, text, button, stopped())


class RunButtons(ReadOnlyAdmin):
    """Above the list of runs."""

    actions_list = ("push_now", "compare_now", "look_again")

    def has_start_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(START_RIGHT)

    @confirmed(
        "Send now", "start", icon="sync", variant=ActionVariant.PRIMARY,
        question=_asking("Send what is new?", "Sends customers and estimates that changed since the last run, and what is "
                         "due for another try. The schedule does the same every few seconds.", "Send now"),
    )  # fmt: skip
    def push_now(self, request: HttpRequest, _: Any) -> None:
        ask(request, "ghl.sync", [_run(Mode.INCREMENTAL)], "sending what is new", trigger=by(request))

    @confirmed(
        "Compare now", "start", icon="difference",
        question=_asking("Compare GoHighLevel with what was sent?", "Goes through all contacts and opportunities there, a page "
                         "at a time, and finds what is missing, twice, deleted or changed. It sends nothing.", "Compare now"),
    )  # fmt: skip
    def compare_now(self, request: HttpRequest, _: Any) -> None:
        ask(request, "ghl.reconcile", [_run(Mode.RECONCILE)], "comparison with GoHighLevel", trigger=by(request))

    @confirmed(
        "Look at everything again", "start", icon="restart_alt",
        question=_asking("Look at every customer and estimate again?", "Works out anew what should be there. What is there "
                         "already costs no call; where the brake finds too many changes they wait for approval.",
                         "Look at everything again"),
    )  # fmt: skip
    def look_again(self, request: HttpRequest, _: Any) -> None:
        ask(request, "ghl.sync", [_run(Mode.FULL)], "a look at everything", mode=str(Mode.FULL), trigger=by(request))


def _run(mode: str) -> SyncRun:
    """What the admin log is about: a run that is only asked for."""
    return SyncRun(mode=mode)


def _send_question(_: Any, row: Pushed) -> Question:
    nothing = stopped() or ("It was deleted at GoHighLevel: use “Make it again”." if row.gone_at else "")
    nothing = nothing or ("It waits in a draft of the brake: decide there." if row.draft_id else "")
    return Question("Send this record?", "Works out anew what should be there, and sends what differs.", "Send", nothing)


def _again_question(_: Any, row: Pushed) -> Question:
    nothing = stopped() or ("" if row.gone_at else "It was not deleted at GoHighLevel.")
    text = "Somebody deleted it there. This makes a new one, with a new number and without its history there."
    return Question("Make it again at GoHighLevel?", text, "Make it again", nothing)


def _retry_question(state: str, words: str) -> Any:
    def question(admin: Any, _: Any) -> Question:
        rows = admin.model._default_manager.filter(state=state, draft__isnull=True)
        nothing = stopped() or ("" if rows.exists() else f"There is none that {words}.")
        text = f"All records of this list that {words} are looked at again and sent, at the vendor's pace."
        return Question(f"Try all that {words} again?", text, "Try again", nothing)

    return question


class RecordButtons(ReadOnlyAdmin):
    """For contacts and opportunities. `kind` is the log's word for the record."""

    kind: str
    actions_list = ("retry_failed", "retry_conflicts", "retry_skipped")
    actions_detail = ("send_one", "make_again")

    def has_start_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(START_RIGHT)

    def has_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """The button is shown where it is of use; asking for it is anybody's who may start a run."""
        if not request.user.has_perm(START_RIGHT):
            return False
        row: Any = self.find(str(object_id)) if object_id is not None else None
        return row is None or row.gone_at is not None

    def _retry(self, request: HttpRequest, state: str, what: str) -> None:
        about: Any = Contact(st_customer_id=0) if self.kind == "contact" else Opportunity(pk=0)
        who = request.user.get_username()
        ask(request, "ghl.retry", [about], what, kind=self.kind, state=state, who=who, trigger=by(request))

    @confirmed("Try all failed again", "start", _retry_question(State.FAILED, "failed"), icon="replay")
    def retry_failed(self, request: HttpRequest, _: Any) -> None:
        self._retry(request, State.FAILED, "another try of all that failed")

    @confirmed("Look at all conflicts again", "start", _retry_question(State.CONFLICT, "are in conflict"), icon="rule")
    def retry_conflicts(self, request: HttpRequest, _: Any) -> None:
        self._retry(request, State.CONFLICT, "another look at all conflicts")

    @confirmed("Look at all skipped again", "start", _retry_question(State.SKIPPED, "were skipped"), icon="rule")
    def retry_skipped(self, request: HttpRequest, _: Any) -> None:
        self._retry(request, State.SKIPPED, "another look at all that were skipped")

    @confirmed("Send", "start", _send_question, icon="send", variant=ActionVariant.PRIMARY)
    def send_one(self, request: HttpRequest, row: Any) -> None:
        chosen = {"customers": [row.pk]} if isinstance(row, Contact) else {"estimates": [row.slot or row.st_estimate_id]}
        ask(request, "ghl.push", [row], f"sending {self.kind} {row.pk}", trigger=by(request), **chosen)

    @confirmed("Make it again", "again", _again_question, icon="add_circle")
    def make_again(self, request: HttpRequest, row: Any) -> None:
        ask(request, "ghl.make_again", [row], f"a new {self.kind} for {row.pk}", kind=self.kind, id=row.pk, trigger=by(request))
