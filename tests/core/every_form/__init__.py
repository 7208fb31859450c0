"""Every form of the portal, brought about for a test; importing the package fills `world.CASES`."""

from . import (
    account_forms,
    consent_forms,
    family_forms,
    grouping_forms,
    import_forms,
    journal_forms,
    login_forms,
    merge_forms,
    organization_forms,
    people_forms,
    pupil_file_forms,
    request_forms,
    setup_forms,
    support_forms,
    year_forms,
)

__all__ = (
    "account_forms",
    "consent_forms",
    "family_forms",
    "grouping_forms",
    "import_forms",
    "journal_forms",
    "login_forms",
    "merge_forms",
    "organization_forms",
    "people_forms",
    "pupil_file_forms",
    "request_forms",
    "setup_forms",
    "support_forms",
    "year_forms",
)
