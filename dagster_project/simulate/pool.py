"""Months made by several processes at once. What is made does not depend on how many there are.

Each process makes runs of consecutive months, the quarters, so that what it remembers of one serves the next. The
parent takes the months in order; if it is killed, its processes end with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from itertools import groupby
from typing import Any, Protocol, TypeVar

from dagster_project.simulate.world import Month

Made = TypeVar("Made", covariant=True)


class Make(Protocol[Made]):
    """Makes a month's files and says what it made. Kept by a process from month to month."""

    def __call__(self, month: Month) -> Made: ...


def runs(months: Sequence[Month]) -> list[list[Month]]:
    """The months by quarter."""
    return [list(run) for _, run in groupby(months, lambda month: (month.year, (month.month - 1) // 3))]


def in_order(
    months: Sequence[Month], processes: int, maker: Callable[..., Make[Made]], arguments: tuple[Any, ...]
) -> Iterator[Made]:
    """What `maker(*arguments)` made of each month, in the months' order.

    Raises:
        BrokenProcessPool: a process was killed.
    """
    shares = runs(months)
    processes = min(processes, len(shares))
    if processes <= 1:
        make = maker(*arguments)
        for month in months:
            yield make(month)
        return
    # One pool for each process: a pool of several would give a process any month.
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        hands = []
        for _ in range(processes):
            hands.append(ProcessPoolExecutor(1, spawn, _begin, (maker, arguments)))
            stack.callback(hands[-1].shutdown, cancel_futures=True)
        # Quarters in turns, so that months are ready about in their order.
        futures: dict[Month, Future[Made]] = {
            month: hands[number % processes].submit(_month, month) for number, run in enumerate(shares) for month in run
        }
        for month in months:
            yield futures.pop(month).result()


_make: Make[Any] | None = None


def _begin(maker: Callable[..., Make[Any]], arguments: tuple[Any, ...]) -> None:
    """In a new process: make what makes months, and end with the parent."""
    global _make
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _make = maker(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _month(month: Month) -> Any:
    assert _make is not None
    return _make(month)
