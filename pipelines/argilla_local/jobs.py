"""Argilla's background jobs (records change status when `min_submitted` does), in the server's own event loop.

Argilla hands them to Redis and a worker process; here the queue is a fake Redis in memory, and its worker a coroutine.
"""

import asyncio
import logging
from typing import NoReturn

import fakeredis
from argilla_server.jobs.queues import DEFAULT_QUEUE, HIGH_QUEUE, REDIS_CONNECTION
from rq import Queue
from rq.job import JobStatus

_PAUSE = 0.2  # seconds between two looks at the queue


def keep_in_process() -> None:
    """Argilla's connection to Redis ends in this process."""
    REDIS_CONNECTION.connection_pool = fakeredis.FakeStrictRedis().connection_pool


async def run() -> NoReturn:
    """Runs each job when its turn comes; one that fails is told, and the next one runs."""
    while True:
        waiting = Queue.dequeue_any([HIGH_QUEUE, DEFAULT_QUEUE], timeout=None, connection=REDIS_CONNECTION)
        if waiting is None:
            await asyncio.sleep(_PAUSE)
            continue
        job, _ = waiting
        try:
            await job.func(*job.args, **job.kwargs)
            job.set_status(JobStatus.FINISHED)
        except Exception:
            logging.getLogger(__name__).exception("job %s failed", job.func_name)
            job.set_status(JobStatus.FAILED)
