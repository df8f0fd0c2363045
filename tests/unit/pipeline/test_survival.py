"""Processes that are killed: the task over which they die is lost, every other one is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from secure_rag.errors import ArtifactError, DocumentError, ExitCode
from secure_rag.pipeline.survival import Work, in_order
from tests.assets import workers

pytestmark = pytest.mark.timeout(120)


def lost(task: int) -> int:
    return -task


def done(
    tasks: Iterator[int],
    call: Callable[[int], int] = workers.double,
    load: Callable[[], None] = workers.load,
) -> list[int]:
    return list(in_order(Work(workers.pool, load, call, lost), 2, tasks))


def test_in_order_gives_every_result_in_the_tasks_order() -> None:
    assert done(iter([3, 1, 2])) == [6, 2, 4]
    assert done(iter([])) == []


def test_in_order_task_that_kills_is_lost_and_the_rest_is_done() -> None:
    tasks = [1, 2, 7, 3, 14, 4, 6, 8, 9, 10, 11, 12, 21]
    assert done(iter(tasks)) == [-one if one % 7 == 0 else 2 * one for one in tasks]


def test_in_order_processes_that_die_for_lack_of_room_lose_nothing() -> None:
    tasks = list(range(1, 7))
    assert done(iter(tasks), workers.double_when_alone) == [2 * one for one in tasks]


def test_in_order_draws_no_more_tasks_than_are_in_flight() -> None:
    drawn: list[int] = []

    def stream() -> Iterator[int]:
        for number in (1, 2, 3, 4, 6, 8, 9, 10, 11):
            drawn.append(number)
            yield number

    results = in_order(Work(workers.pool, workers.load, workers.double, lost), 2, stream())
    assert next(results) == 2
    assert len(drawn) == 6
    results.close()  # type: ignore[attr-defined]


def test_in_order_error_of_a_task_is_raised_whole_also_after_a_kill() -> None:
    for tasks in ([1, 5], [7, 5, 1]):
        with pytest.raises(DocumentError) as caught:
            done(iter(tasks))
        assert caught.value.code == "document.empty"


def test_in_order_processes_killed_while_they_load_stop_with_exit_5() -> None:
    with pytest.raises(ArtifactError) as caught:
        done(iter([7, 1]), load=workers.load_and_die)
    assert (caught.value.code, caught.value.exit_code) == ("worker.died", ExitCode.ARTIFACT)
    assert caught.value.hint
    with pytest.raises(DocumentError):
        done(iter([7, 1]), load=workers.load_and_fail)
