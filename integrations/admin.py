"""Where Django looks for the admin pages of this app's units."""

from integrations.ghl import admin as ghl

__all__ = ["ghl"]
