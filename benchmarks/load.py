"""A load of requests over kept-alive connections, light enough to share the machine with the server.

Run as `python -m benchmarks.load` with a plan as JSON on standard input; prints the result as JSON. It speaks
only to 127.0.0.1 and stops by itself.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

HOST = "127.0.0.1"


async def connection(
    plan: dict[str, Any], number: int, end: float, times: list[float], sizes: list[int]
) -> None:
    """Send requests one after another over one connection until `end`."""
    reader, writer = await asyncio.open_connection(HOST, plan["port"])
    paths, step = plan["paths"], number
    headers = "".join(f"{name}: {value}\r\n" for name, value in plan["headers"].items())
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: {HOST}:{plan['port']}\r\n{headers}\r\n".encode() for path in paths
    ]
    while time.perf_counter() < end:
        begun = time.perf_counter()
        writer.write(requests[step % len(requests)])
        step += 1
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        if status != plan["status"]:
            raise RuntimeError(f"answer {status} instead of {plan['status']}: {head[:300]!r}")
        size = 0
        lower = head.lower()
        if status != 304:
            if b"content-length: " in lower:
                size = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
                await reader.readexactly(size)
            else:
                while chunk := int(await reader.readline(), 16):
                    await reader.readexactly(chunk + 2)
                    size += chunk
                await reader.readline()
        times.append(time.perf_counter() - begun)
        sizes.append(size)
    writer.close()


async def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Carry out a plan: warm up, then measure."""
    times: list[float] = []
    sizes: list[int] = []
    for seconds, keep in ((plan["warm_up"], False), (plan["seconds"], True)):
        times.clear()
        sizes.clear()
        begun = time.perf_counter()
        await asyncio.gather(
            *(connection(plan, n, begun + seconds, times, sizes) for n in range(plan["connections"]))
        )
        spent = time.perf_counter() - begun
        if keep:
            break
    times.sort()
    return {
        "rate": len(times) / spent,
        "p50": 1000 * times[len(times) // 2],
        "p99": 1000 * times[min(len(times) - 1, len(times) * 99 // 100)],
        "bytes": max(sizes),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(json.load(sys.stdin)))))
