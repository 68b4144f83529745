"""A prober whose host is the test's own: what is sent is heard at once, later, or never."""

from __future__ import annotations

import os
from select import POLLIN

import pytest

from wiretalk.transport.probing import News


class Scripted:
    """A prober.

    Args:
        answer: called with the sequence number and the hops of each probe; returns the news that come of it at once.
    """

    host = "10.0.9.9"

    def __init__(self, answer):
        self._answer = answer
        self._bell, self._ring = os.pipe()
        self.sent = []
        self.forgotten = []
        self.waiting = []

    def send(self, sequence, ttl=None):
        self.sent.append((sequence, ttl))
        return self._answer(sequence, ttl) or []

    def later(self, *news):
        """Have news that the next read returns."""
        self.waiting += news
        os.write(self._ring, b"!")

    def watched(self):
        return [(self._bell, POLLIN)]

    def read(self, ready):
        if not ready:
            return []
        assert ready == [self._bell]
        os.read(self._bell, 4096)
        news, self.waiting = self.waiting, []
        return news

    def forget(self, sequence):
        self.forgotten.append(sequence)

    def close(self):
        os.close(self._bell)
        os.close(self._ring)


@pytest.fixture
def scripted():
    """`scripted(answer)` returns a prober; see Scripted."""
    made = []

    def make(answer):
        made.append(Scripted(answer))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def answer():
    """`answer(sequence)` is the news of an answer."""
    return lambda sequence, rtt_s=0.001: News("answer", sequence, Scripted.host, rtt_s)


@pytest.fixture
def expired():
    """`expired(sequence, source)` is the news of a router where the hops ran out."""
    return lambda sequence, source: News("expired", sequence, source, 0.001, words="Time to live exceeded")
