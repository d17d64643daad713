import asyncio
import threading

import pytest

from adapters.own_thread import OwnThread


@pytest.fixture
def thread():
    made = OwnThread("test")
    yield made
    made.close()


async def test_work_is_done_in_the_order_it_was_asked_in_one_thread(thread):
    done = []
    names = await asyncio.gather(
        *(thread.run(lambda n=n: done.append(n) or threading.current_thread().name) for n in range(50))
    )
    assert done == [*range(50)]
    assert set(names) == {"test"}


async def test_an_error_is_for_who_asked(thread):
    with pytest.raises(ZeroDivisionError):
        await thread.run(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        thread.wait(lambda: 1 / 0)
    assert await thread.run(lambda: 7) == thread.wait(lambda: 7) == 7


async def test_what_is_cancelled_before_its_turn_is_left_out(thread):
    go, done = threading.Event(), []
    first = thread.run(go.wait)
    second = thread.run(lambda: done.append(2))
    second.cancel()
    go.set()
    assert await first
    assert thread.wait(lambda: done) == []


async def test_what_has_begun_is_done_to_its_end(thread):
    begun, go, done = threading.Event(), threading.Event(), []

    def work():
        begun.set()
        go.wait()
        done.append(1)

    first = thread.run(work)
    await asyncio.to_thread(begun.wait)
    first.cancel()
    go.set()
    assert thread.wait(lambda: done) == [1]


def test_a_loop_that_ended_holds_nobody_up(thread):
    go = threading.Event()

    async def leave():
        thread.run(go.wait)

    asyncio.run(leave())
    go.set()
    assert thread.wait(lambda: 7) == 7


async def test_closing_waits_for_what_was_asked():
    thread, done = OwnThread("closing"), []
    answers = [thread.run(lambda n=n: done.append(n)) for n in range(20)]
    thread.close()
    assert done == [*range(20)]
    await asyncio.gather(*answers)
    with pytest.raises(RuntimeError, match="closing is closed"):
        thread.run(lambda: 1)
