"""Threads in which the portal waits for a provider.

They are apart from those that serve requests: while the provider is slow, the rest of the portal is not, and a
stand that the portal serves itself can answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

AT_ONCE = 32
"""Talks with the provider at the same time; more sign-ins wait for their turn."""

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="gosuslugi")


async def wait_for(
    talk: Callable[Parameters, Answer], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Answer:
    """Run `talk`, which blocks on the network, and give its answer or raise what it raises."""
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(
        _threads, lambda: context.run(talk, *args, **kwargs)
    )
