"""Background tasks in a table of the portal's own database, run in the server or by `moyashkola worker`.

A task is queued in the transaction of the change that needs it: both happen or neither. It runs at
least once, perhaps again after a crash, so a task's function must bear being repeated.
"""

from core.tasks.queue import cancel, enqueue, status_of
from core.tasks.run import TaskRun
from core.tasks.worker import Worker

__all__ = ["TaskRun", "Worker", "cancel", "enqueue", "status_of"]
