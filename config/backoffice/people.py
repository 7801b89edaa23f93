"""Users and groups."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.base import HubAdmin
from config.backoffice.filters import choice

if TYPE_CHECKING:  # the theme ships no types
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
    from django.contrib.auth.forms import AdminUserCreationForm as UserCreationForm

    _UserAdmin = DjangoUserAdmin[User]
else:
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

    _UserAdmin = DjangoUserAdmin

YES_NO = (("yes", "yes"), ("no", "no"))

for model in (User, Group):
    admin.site.unregister(model)


def _groups() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Group.objects.order_by("name").values_list("pk", "name")]


@admin.register(User)
class UserAdmin(_UserAdmin, HubAdmin):
    form: Any = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "email", "what_they_may", "seen")
    list_filter = (
        choice("may", "May log in", YES_NO, narrow=lambda users, chosen: users.filter(is_active=chosen == "yes")),
        choice("group", "Group", _groups, narrow=lambda users, group: users.filter(groups=group)),
    )
    search_fields = ("username", "email", "first_name", "last_name")
    search_help_text = "Name or e-mail"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or show.DASH

    @admin.display(description="may")
    def what_they_may(self, user: User) -> SafeString:
        if not user.is_active or not user.is_staff:
            return show.pill("cannot log in here", show.PLAIN)
        if user.is_superuser:
            return show.pill("everything", show.WARNING)
        groups = ", ".join(group.name for group in user.groups.all())
        return show.pill(groups or "nothing yet", show.INFO if groups else show.PLAIN)

    @admin.display(description="last login")
    def seen(self, user: User) -> SafeString:
        return show.moment(user.last_login)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, HubAdmin):
    list_display = ("name", "people")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).prefetch_related("user_set")

    @admin.display(description="people")
    def people(self, group: Group) -> str:
        return ", ".join(sorted(user.get_username() for user in group.user_set.all())) or "nobody"
