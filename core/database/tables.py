"""Every table of the core in one place, so that migrations and `create_all` see them all."""

from core.audit import models as audit
from core.consents import models as consents
from core.exchange import models as exchange
from core.files import StoredFile
from core.idempotency import IdempotencyKey
from core.identity import models as identity
from core.identity.ended_sessions import EndedSession
from core.identity.name_words import NameWord
from core.organizations import models as organizations
from core.organizations.grouping_words import GroupingWord
from core.pupil_files import models as pupil_files
from core.readiness import models as readiness
from core.requests import models as requests
from core.retention import models as retention
from core.roles import models as roles
from core.support import models as support
from core.tasks.models import Task
from core.unsent import UnsentForm
from core.webhooks import models as webhooks

__all__ = [
    "EndedSession",
    "GroupingWord",
    "IdempotencyKey",
    "NameWord",
    "StoredFile",
    "Task",
    "UnsentForm",
    "audit",
    "consents",
    "exchange",
    "identity",
    "organizations",
    "pupil_files",
    "readiness",
    "requests",
    "retention",
    "roles",
    "support",
    "webhooks",
]
