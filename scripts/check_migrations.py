"""Check that migrations give the very tables the models describe, on a fresh SQLite database."""

from __future__ import annotations

import sys
import tempfile

from core.config import Config
from core.database import migrations
from core.portal import Portal


def main() -> int:
    """Migrate an empty database and compare; 1 if anything differs."""
    with tempfile.TemporaryDirectory() as home:
        portal = Portal(Config(home=home))
        failed = [f"{name}: {problem}" for name, problem in migrations.upgrade(portal) if problem]
        differing = [f"{name}: {difference}" for name, difference in migrations.differences(portal)]
        portal.close()
    for line in (*failed, *differing):
        print(line)
    return 1 if failed or differing else 0


if __name__ == "__main__":
    sys.exit(main())
