"""What is kept of messages: the ledger of consent, addresses, templates, messages, answers, epochs."""

from automation.messaging.models.calls import ApiCall
from automation.messaging.models.consent import Address, Consent
from automation.messaging.models.epochs import Epoch
from automation.messaging.models.inbox import Answer, Inbox
from automation.messaging.models.messages import Message
from automation.messaging.models.templates import Template, TemplateVersion

__all__ = ["Address", "Answer", "ApiCall", "Consent", "Epoch", "Inbox", "Message", "Template", "TemplateVersion"]
