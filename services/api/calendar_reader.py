"""Reads texts of external calendars in processes of their own: a hostile one costs its process, and nobody else."""

from __future__ import annotations

import asyncio
import resource
import sys
from datetime import datetime
from pathlib import Path

import orjson

from shared.domain.external_events import fetched_calendar
from shared.domain.schedules import Calendar, Which
from shared.errors import Permanent, Transient

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "services.api.calendar_reader")
WITHIN_S = 30.0
CPU_S = 20
MEMORY_BYTES = 1024 * 1024 * 1024


async def read_apart(schedule_id: str, which: Which, text: str, at: datetime) -> Calendar:
    """Return the row of a calendar that was fetched at a moment.

    Raises:
        Permanent: it is not a calendar, too large, or reading it takes too long.
        Transient: no process could be started.
    """
    job = orjson.dumps({"schedule_id": schedule_id, "which": which, "text": text, "at": at.isoformat()})
    try:
        # No environment: nothing in it is needed, and secrets stand in it.
        process = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT, env={}
        )
    except OSError as error:
        raise Transient(f"no process for reading calendars: {error}") from error
    try:
        async with asyncio.timeout(WITHIN_S):
            answer, _ = await process.communicate(job)
    except TimeoutError as error:
        raise Permanent(f"reading it takes longer than {WITHIN_S:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if not answer:
        raise Permanent("reading it takes more time or memory than a calendar may")
    found = orjson.loads(answer)
    if "refused" in found:
        raise Permanent(found["refused"])
    return Calendar.model_validate(found["calendar"])


def main() -> None:
    """Read one job from standard input, and write what came of it to standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    job = orjson.loads(sys.stdin.buffer.read())
    try:
        found = fetched_calendar(
            job["schedule_id"], job["which"], job["text"], datetime.fromisoformat(job["at"])
        )
        answer = orjson.dumps({"calendar": found.model_dump(mode="json")})
    except Permanent as error:
        answer = orjson.dumps({"refused": error.reason})
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
