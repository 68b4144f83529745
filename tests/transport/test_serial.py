"""A serial line, on a pseudo-terminal, which takes the same settings."""

from __future__ import annotations

import errno
import os
import sys
import termios
import tty

import pytest

import wiretalk
import wiretalk.blocking
from wiretalk.address import parse
from wiretalk.errors import (
    EndedError,
    InUseError,
    MissingPackageError,
    NotPermittedError,
    OpenError,
    UnreachableError,
)
from wiretalk.transport import explain, listen, open_socket, resolve
from wiretalk.transport import serial as serial_lines

serial = pytest.importorskip("serial")

IFLAG, _, CFLAG, _, ISPEED, OSPEED, CHARACTERS = range(7)


class Device:
    """A device, by its path, and whoever is at its other end."""

    def __init__(self):
        self.other, inner = os.openpty()
        tty.setraw(inner)
        self.path = os.ttyname(inner)
        self._open = {self.other, inner}
        self._inner = inner

    def unplug(self):
        self.shut(*self._open)

    def shut(self, *numbers):
        for number in numbers:
            self._open.discard(number)
            os.close(number)


@pytest.fixture
def device():
    made = Device()
    yield made
    made.unplug()


def start(text):
    (candidate,) = resolve(parse(text))
    return open_socket(candidate)


@pytest.fixture
def run(opened):
    return lambda text: opened(start(text))


def test_both_ways(run, device, readable):
    line = run(f"serial:{device.path}")
    assert line.send(b"\x00\xff out\r\n\x11\x13") == 10
    assert os.read(device.other, 100) == b"\x00\xff out\r\n\x11\x13"
    os.write(device.other, b"\x00\xff in\r\n\x03")
    readable(line)
    assert line.recv(100) == b"\x00\xff in\r\n\x03"
    # Nothing has come, which is no end.
    with pytest.raises(BlockingIOError):
        line.recv(100)


@pytest.mark.parametrize(
    ("options", "speed", "on", "off"),
    [
        ("", termios.B9600, termios.CS8 | termios.CREAD | termios.CLOCAL, termios.CSTOPB | termios.PARENB),
        ("baud=115200", termios.B115200, 0, 0),
        ("baud=50", termios.B50, 0, 0),
        ("stop=2", termios.B9600, termios.CSTOPB, 0),
        ("flow=rtscts", termios.B9600, termios.CRTSCTS, 0),
    ],
)
def test_its_settings(run, device, options, speed, on, off):
    line = run(f"serial:{device.path}?{options}".rstrip("?"))
    modes = termios.tcgetattr(line.fileno())
    assert (modes[ISPEED], modes[OSPEED]) == (speed, speed)
    assert modes[CFLAG] & on == on
    assert not modes[CFLAG] & off
    assert not modes[IFLAG] & (termios.IXON | termios.IXOFF)


def test_software_flow_control(run, device):
    line = run(f"serial:{device.path}?flow=xonxoff")
    assert termios.tcgetattr(line.fileno())[IFLAG] & termios.IXON


def test_what_is_asked_of_pyserial(monkeypatch):
    # A pseudo-terminal has no parity and always eight bits, so what it would make of them does not show there.
    asked = {}

    def fails(path, **settings):
        asked.update(settings, path=path)
        raise serial.SerialException("seen")

    monkeypatch.setattr(serial, "Serial", fails)
    with pytest.raises(OpenError):
        start("serial:/dev/null?baud=300&bits=7&parity=even&stop=1.5&flow=none")
    assert asked == {
        "path": "/dev/null",
        "baudrate": 300,
        "bytesize": 7,
        "parity": serial.PARITY_EVEN,
        "stopbits": serial.STOPBITS_ONE_POINT_FIVE,
        "rtscts": False,
        "xonxoff": False,
        "timeout": 0,
        "exclusive": True,
    }


def test_every_word_for_a_setting_is_one_of_pyserials():
    assert set(serial_lines.PARITIES.values()) == set(serial.Serial.PARITIES)
    assert set(serial_lines.STOP_BITS.values()) == set(serial.Serial.STOPBITS)


def test_no_two_have_it(run, device):
    run(f"serial:{device.path}")
    with pytest.raises(InUseError, match="another program has this device"):
        start(f"serial:{device.path}")


def test_closed_others_may_have_it(run, device):
    line = run(f"serial:{device.path}")
    line.close()
    line.close()
    assert line.fileno() == -1
    run(f"serial:{device.path}")


def test_unplugged(run, device):
    line = run(f"serial:{device.path}")
    os.write(device.other, b"last")
    device.unplug()
    for act in (lambda: line.recv(100), lambda: line.recv(100), lambda: line.send(b"x"), lambda: line.sendmsg([b"x"])):
        try:
            assert act() == b"last"
        except OSError as caught:
            error = explain(caught, "serial:x", "receive")
    assert isinstance(error, EndedError)
    assert (error.how, error.by) == ("failed", "system")
    assert error.ending.reason == "the device is gone: was it unplugged?"
    assert error.peer == f"serial:{device.path}"


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("/dev/there-is-none", UnreachableError, "is it plugged in?"),
        ("/dev/null", UnreachableError, "that is no serial device"),
    ],
)
def test_what_cannot_be_opened(path, kind, words):
    before = os.listdir("/proc/self/fd")
    with pytest.raises(kind, match=words):
        start(f"serial:{path}")
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.EACCES, NotPermittedError), (errno.EBUSY, InUseError), (errno.EMFILE, OpenError)],
)
def test_what_the_system_says(monkeypatch, number, kind):
    def fails(*_, **__):
        raise serial.SerialException(number, "the system says so")

    monkeypatch.setattr(serial, "Serial", fails)
    with pytest.raises(kind):
        start("serial:/dev/null")


def test_a_device_whose_modes_cannot_be_set(device, monkeypatch):
    def fails(*_):
        raise termios.error(errno.EIO, "Input/output error")

    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr(serial_lines, "SerialLine", fails)
    with pytest.raises(OpenError):
        start(f"serial:{device.path}")
    assert os.listdir("/proc/self/fd") == before


def test_without_pyserial(monkeypatch):
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'wiretalk\[serial\]'"):
        start("serial:/dev/ttyUSB0")


def test_listening_is_one_conversation_that_is_there(opened, readable, device):
    (listener,) = opened(listen(parse(f"serial:{device.path}")))
    readable(listener)
    line, _ = listener.accept()
    assert listener.accept() is None
    assert opened(line).send(b"x") == 1


# in both faces


async def test_asyncio_hears_that_it_is_unplugged(device):
    connection = await wiretalk.connect(f"serial:{device.path}", framing="line")
    os.write(device.other, b"hello\n")
    assert await connection.receive() == b"hello"
    device.unplug()
    with pytest.raises(EndedError, match="was it unplugged"):
        await connection.receive()
    await connection.close()


def test_blocking_hears_that_it_is_unplugged(device):
    with wiretalk.blocking.connect(f"serial:{device.path}", framing="line") as connection:
        os.write(device.other, b"hello\n")
        assert connection.receive() == b"hello"
        device.unplug()
        with pytest.raises(EndedError, match="was it unplugged"):
            connection.receive()
