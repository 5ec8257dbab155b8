"""A process that imports once what is slow to import, and forks a child for each thing that a test has to run.

It is told by lines of JSON: an order begins a child and is answered by its pid, `{"wait": pid}` by its exit code.
"""

import json
import os
from collections.abc import Callable
from subprocess import Popen
from typing import IO, Any, NoReturn


def ask(process: Popen[bytes], order: object) -> int:
    """Gives the process an order; its answer."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def serve(orders: IO[bytes], answers: IO[bytes], run: Callable[[dict[str, Any]], NoReturn]) -> None:
    """In that process: forks or waits, as it is told; ends with its input. `run` is the child's."""
    for line in orders:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        elif not (answer := os.fork()):
            run(order)
        answers.write(b"%d\n" % answer)
        answers.flush()
