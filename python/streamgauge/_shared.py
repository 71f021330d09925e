"""Plans that any number of processes share: work, status and merge of one folder, and jobs on an executor."""

from __future__ import annotations

import os
import pathlib
import re
import time
from typing import Any, Iterator

from ._errors import Error, usage
from ._files import Path, argument, name_of, read_json
from ._inputs import bytes_of, count
from ._program import call

ROUNDS = 5
"""Rounds of jobs that may bring nothing, with workers that died in each, before the last fault is told."""
TRIES = 2
"""How often a task fails before it is left alone, as in the command."""


def work(
    folder: Path,
    *,
    shard: str | None = None,
    lease: str | None = None,
    memory: int | str | None = None,
    threads: int = 0,
    device: str = "",
    offline: bool = False,
) -> str:
    """Does tasks of a plan until none is left that nobody is at, as `streamgauge work`; what the command says.

    It ends when the process that called it is killed.

    Raises:
        Error: with the command's text; a task that failed twice.
    """
    arguments = ["work", argument(folder, "a folder"), f"--end-with={os.getpid()}", "--no-progress"]
    for flag, value in (("--shard", shard), ("--lease", lease)):
        arguments += [f"{flag}={name_of(value, 'a text')}"] if value is not None else []
    arguments += [f"--device={name_of(device, 'a device')}"] if device else []
    return call(*arguments, *resources(memory, threads), *(["--offline"] if offline else []))


def resources(memory: int | str | None = None, threads: int = 0) -> list[str]:
    """Memory and threads as every command takes them."""
    size, team = bytes_of(memory), count(threads, "threads")
    return [*([f"--memory={size}"] if size else []), *([f"--threads={team}"] if team else [])]


def status(folder: Path) -> str:
    """How the tasks of a plan stand, as `streamgauge status`."""
    return call("status", argument(folder, "a folder"))


def executor_named(executor: Any) -> Any:
    """The executor itself; "ray" is a RayExecutor."""
    if executor == "ray":
        from .ray import RayExecutor

        return RayExecutor()
    if not callable(getattr(executor, "submit", None)):
        raise usage(
            "not an executor", expected='"ray" or an object with submit(), as of concurrent.futures', got=executor
        )
    return executor


def work_on(
    folder: Path,
    executor: Any,
    *,
    jobs: int | None = None,
    threads: int = 0,
    memory: int | str | None = None,
    fail: bool = True,
) -> None:
    """Submits jobs until every task of the plan is done. A job that dies loses the task in hand alone.

    Args:
        folder: the plan's, under the same name wherever the jobs run.
        executor: with submit(function, ...) whose result has result(): of concurrent.futures, submitit, dask, Ray.
        jobs: at once, from 1; the executor's workers when not given, else the processors of this machine.
        fail: whether a task that failed twice is an error here.

    Raises:
        Error: a task that failed twice, with its reason; jobs that died again and again. What was done stays.
    """
    executor, folder = executor_named(executor), argument(folder, "a folder")
    at_once = jobs_at_once(jobs) or getattr(executor, "_max_workers", None) or os.cpu_count() or 1
    threads = threads or getattr(executor, "threads", 0) or _share_of_threads(executor, at_once)
    options: dict[str, Any] = {"threads": threads, "memory": memory, "offline": True, "lease": "1m"}
    fruitless = 0
    while left := list(_left(folder)):
        faults = _round(executor, folder, min(at_once, len(left)), options)
        after = list(_left(folder))
        if len(after) < len(left):
            fruitless = 0
            continue
        fruitless += 1 if faults else 0
        if fruitless >= ROUNDS:
            raise faults[-1]
        time.sleep(1)  # others are at work on them, or their claims must grow stale
    for failure in sorted(pathlib.Path(folder).glob("failed/*.json")) if fail else []:
        times, reason = _failure(failure)
        if times >= TRIES:
            raise Error(f"a task failed twice: {reason}", where=str(failure))


def jobs_at_once(jobs: int | None) -> int | None:
    """As it is given. Error (usage): no number from 1."""
    if jobs is not None and count(jobs, "jobs") == 0:
        raise usage("no jobs", expected="1 at least", got=jobs)
    return jobs


def _failure(file: pathlib.Path) -> tuple[int, str]:
    """How often a task failed, and why; 0 for a file that does not say it."""
    try:
        told = read_json(file, "")
    except Error:
        return 0, ""
    times = told.get("times")
    return (times if isinstance(times, int) else 0), str(told.get("reason", "for no reason that it says"))


def _job(folder: str, options: dict[str, Any]) -> None:
    """What runs on the executor. Tasks that failed stand in the folder, for whoever submitted it."""
    try:
        work(folder, **options)
    except Error as error:
        if error.exit_code != 1:
            raise


def _round(executor: Any, folder: str, jobs: int, options: dict[str, Any]) -> list[BaseException]:
    """One job for each worker; what went wrong with them."""
    futures = [executor.submit(_job, folder, options) for _ in range(jobs)]
    faults: list[BaseException] = []
    for future in futures:
        try:
            future.result()
        except Exception as fault:  # of the engine, whatever its classes are
            faults.append(fault)
    return faults


def _keys(plan: pathlib.Path) -> list[str]:
    """Of every task. Raises Error."""
    tasks = read_json(plan, "streamgauge.", "tasks")["tasks"]
    found = [task.get("key") if isinstance(task, dict) else None for task in tasks] if isinstance(tasks, list) else [None]
    keys: list[str] = []
    for place, key in enumerate(found):
        if not isinstance(key, str) or not re.fullmatch("[0-9a-f]{8,}", key):
            got = repr(tasks[place] if isinstance(tasks, list) else tasks)[:200]
            raise Error(
                f"{plan}: task {place} has no usable key, got {got}",
                "a task has no usable key",
                str(plan),
                "a list of tasks, each with the hexadecimal key that `streamgauge plan` gave it",
                got,
            )
        keys.append(key)
    return keys


def _left(folder: Path) -> Iterator[str]:
    """Keys of tasks that are neither done nor given up."""
    root = pathlib.Path(folder)
    for key in _keys(root / "plan.json"):
        done = (root / "parts" / key[:2] / key).exists()
        if not done and _failure(root / "failed" / f"{key}.json")[0] < TRIES:
            yield key


def _share_of_threads(executor: Any, jobs: int) -> int:
    """Of this machine's processors, where the workers are this machine's."""
    here = type(executor).__module__.startswith("concurrent.futures")
    return max(1, (os.cpu_count() or 1) // jobs) if here else 0
