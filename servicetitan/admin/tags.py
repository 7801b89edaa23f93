from typing import Any

from django.utils.safestring import SafeString

from config.backoffice import show
from servicetitan.models import TagType


def tag_names(ids: Any) -> SafeString | str:
    """The names of tags; an id whose tag is not mirrored stays a number."""
    wanted = [item for item in ids if isinstance(item, int)] if isinstance(ids, list) else []
    if not wanted:
        return show.NOTHING
    names = dict(TagType.objects.filter(pk__in=wanted).values_list("pk", "name"))
    return ", ".join(names.get(pk) or str(pk) for pk in wanted)
