"""What the invented school has decided about its journal, otherwise than the portal comes."""

from __future__ import annotations

from plugins.journal.settings import JournalSettings

SETTINGS = JournalSettings(subject_scales="ОРКСЭ; зачёт", behaviour="levels")
OWN = {"subject_scales": SETTINGS.subject_scales, "behaviour": SETTINGS.behaviour}
"""What of it the portal keeps for the school."""
