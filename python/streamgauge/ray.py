"""Jobs on a Ray cluster: an executor for `sg.corpus` and `sg.run`. Needs `pip install streamgauge[ray]`.

    sg.corpus("HuggingFaceTB/SmolLM2-135M", ["wiki.jsonl"], output="/shared/wiki", executor="ray")

The folder lies where all nodes see it under one name, and so do the documents; the model too, or in each node's cache.
"""

from __future__ import annotations

import concurrent.futures
import importlib
from typing import Any, Callable

ray: Any = importlib.import_module("ray")  # without its types, which are partial


def _call(function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    return function(*arguments, **options)


class RayExecutor(concurrent.futures.Executor):
    """What submit() is given runs as a task of Ray.

    Args:
        num_cpus: processors of a job, and its threads.
        max_retries: how often Ray starts a job again whose worker or node was lost.
        address: of a cluster; the one that is there, or a local one, when not given.
        options: more for `ray.remote`, as resources or scheduling_strategy.
    """

    def __init__(
        self, *, num_cpus: int = 1, max_retries: int = 3, address: str | None = None, **options: Any
    ) -> None:
        if not ray.is_initialized():
            ray.init(address=address, log_to_driver=False)
        self.threads = num_cpus
        self._remote = ray.remote(num_cpus=num_cpus, max_retries=max_retries, **options)(_call)
        self._references: list[Any] = []

    @property
    def _max_workers(self) -> int:
        """Jobs that the cluster has processors for now."""
        return max(1, int(ray.cluster_resources().get("CPU", 1)) // max(1, self.threads))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        reference = self._remote.remote(fn, args, kwargs)
        self._references.append(reference)
        future: concurrent.futures.Future[Any] = reference.future()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Waits for the jobs, or cancels them. The cluster stays."""
        if cancel_futures:
            for reference in self._references:
                ray.cancel(reference, force=True)
        elif wait and self._references:
            ray.wait(self._references, num_returns=len(self._references))
        self._references.clear()
