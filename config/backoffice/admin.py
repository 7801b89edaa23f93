"""Who may come in, and what they did."""

from axes.models import AccessAttempt, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User

from config.backoffice import logs, navigation, people
from config.backoffice.navigation import Entry

__all__ = ["logs", "people"]

navigation.register(
    "People",
    Entry("Who did what", "history", LogEntry),
    Entry("Users", "person", User),
    Entry("Groups", "group", Group),
    Entry("Logins", "login", AccessLog),
    Entry("Wrong passwords", "lock", AccessAttempt),
)
