"""The fences in the back office: the manifest as a picture, the matrix as measured, drift, and the kill switches."""

from config.backoffice import dashboard, navigation
from config.backoffice.navigation import Entry
from config.isolation.admin import overview, proofs, switches
from config.isolation.models import Proof, SwitchChange

__all__ = ["proofs", "switches"]

navigation.register("Isolation", Entry("Fences", "fence", Proof), Entry("Switches", "toggle_on", SwitchChange))
dashboard.register(overview.section)
