"""Standard output for an event loop: writes in order, a slow reader that holds up who has more, and failures."""

from __future__ import annotations

import asyncio
import threading

from wiretalk.cli.outlet import MAX_HELD_BYTES, Outlet


async def test_writes_are_done_in_order_and_all_of_them():
    written = []
    outlet = Outlet(asyncio.get_running_loop(), written.append)
    for number in range(1000):
        outlet.put(lambda number=number: written.append(number), 1)
    await asyncio.to_thread(outlet.close)
    assert written == list(range(1000))


async def test_a_slow_reader_holds_up_who_has_more():
    outlet = Outlet(asyncio.get_running_loop(), print)
    go, begun = threading.Event(), threading.Event()

    def write():
        begun.set()
        go.wait(60)

    outlet.put(write, MAX_HELD_BYTES + 1)
    begun.wait(60)
    waiting = asyncio.create_task(outlet.room())
    done, _ = await asyncio.wait([waiting], timeout=0.05)
    assert not done
    go.set()
    await asyncio.wait_for(waiting, 60)
    await outlet.room()
    await asyncio.to_thread(outlet.close)


async def test_a_failure_is_told_once_and_the_rest_dropped():
    failures, written = [], []
    told = asyncio.Event()

    def failed(error):
        failures.append(error)
        told.set()

    outlet = Outlet(asyncio.get_running_loop(), failed)

    def fail():
        raise BrokenPipeError

    outlet.put(fail, MAX_HELD_BYTES + 1)
    await outlet.room()
    await asyncio.wait_for(told.wait(), 60)
    outlet.put(lambda: written.append(1), 1)
    await asyncio.to_thread(outlet.close)
    assert [type(error) for error in failures] == [BrokenPipeError]
    assert written == []


def test_a_loop_that_is_closed_is_not_told():
    loop = asyncio.new_event_loop()
    outlet = Outlet(loop, print)
    loop.close()

    def fail():
        raise BrokenPipeError

    outlet.put(fail, 1)
    outlet.close()
