"""Every form of the portal, brought about for a test; importing the package fills `world.CASES`."""

from . import (
    account_forms,
    consent_forms,
    import_forms,
    journal_forms,
    login_forms,
    organization_forms,
    people_forms,
    request_forms,
    support_forms,
)

__all__ = (
    "account_forms",
    "consent_forms",
    "import_forms",
    "journal_forms",
    "login_forms",
    "organization_forms",
    "people_forms",
    "request_forms",
    "support_forms",
)
