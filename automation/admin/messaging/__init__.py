"""The admin pages of messages: what left or did not, what is said, who may be written to, what people answered."""

from automation.admin.messaging import answers, consent, messages, panels, templates
from automation.messaging import models
from automation.messaging.models import Answer, Message
from config.backoffice import navigation
from config.backoffice.navigation import Entry
from config.backoffice.positions import few

__all__ = ["answers", "consent", "messages", "panels", "templates"]


def _unknown() -> str:
    count, text = few(Message.objects.filter(state=Message.State.UNKNOWN))
    return text if count else ""


navigation.register(
    "Messages",
    Entry("Messages", "forward_to_inbox", models.Message, badge=_unknown),
    Entry("Templates", "edit_note", models.Template),
    Entry("Consent", "how_to_reg", models.Consent),
    Entry("Answers", "reply", Answer),
)
