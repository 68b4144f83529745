"""serial: a serial line, opened and set up by pyserial (an extra), carried as any descriptor that can be waited for.

The device is locked (TIOCEXCL), so that no two programs read each half of what comes. A line has no end of input.
"""

from __future__ import annotations

import os
import socket
import termios

from wiretalk.errors import InUseError, MissingPackageError, NotPermittedError, OpenError, UnreachableError
from wiretalk.transport.candidate import Candidate
from wiretalk.transport.descriptor import Descriptor
from wiretalk.transport.lone import LoneListener
from wiretalk.transport.names import told
from wiretalk.transport.reasons import ReasonError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wiretalk.address import Address
    from wiretalk.transport.listener import Listener

PARITIES = {"none": "N", "even": "E", "odd": "O", "mark": "M", "space": "S"}
STOP_BITS = {"1": 1, "1.5": 1.5, "2": 2}

CHARACTERS = 6
"""The index of the control characters in what `tcgetattr` returns."""


class SerialLine(Descriptor):
    """A serial line that is open. It has no half-close: what was written stays written, and what comes still comes.

    Args:
        port: pyserial's own, which knows how to close it.
        name: its address, for errors.
    """

    def __init__(self, port: Any, name: str) -> None:
        super().__init__(port.fileno())
        self._port = port
        self._name = name
        # pyserial has reads return nothing where nothing has come; here that says that the device is gone.
        attributes: Any = termios.tcgetattr(self._number)
        attributes[CHARACTERS][termios.VMIN] = 1
        termios.tcsetattr(self._number, termios.TCSANOW, attributes)

    def end_reason(self) -> OSError:
        """See `Descriptor`: a line does not end."""
        return ReasonError(self._name, "the device is gone: was it unplugged?", by="system")

    loss_reason = end_reason

    def close(self) -> None:
        """Close, and let others have the device. What has been written goes out first, as far as the system can."""
        number, self._number = self._number, -1
        if number >= 0:
            self._port.close()


def candidates(address: Address, *, passive: bool) -> list[Candidate]:  # noqa: ARG001  # as every family's
    """Return the one way to try."""
    return [Candidate(socket.AF_UNIX, socket.SOCK_STREAM, 0, None, address)]


def package() -> Any:
    """Return pyserial.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        import serial
    except ImportError:
        raise MissingPackageError("pyserial", "serial", "a serial line") from None
    return serial


def open_socket(candidate: Candidate) -> Any:
    """Open the device.

    Raises:
        MissingPackageError: pyserial is not installed.
        UnreachableError: there is no such device, or it is none.
        InUseError: another program has it.
        NotPermittedError: this user may not.
        OpenError: it does not do what the options ask of it.
    """
    serial = package()
    address = candidate.address
    flow = address.option("flow", "none")
    try:
        port = serial.Serial(
            address.path,
            baudrate=address.option("baud", 9600),
            bytesize=address.option("bits", 8),
            parity=PARITIES[address.option("parity", "none")],
            stopbits=STOP_BITS[address.option("stop", "1")],
            rtscts=flow == "rtscts",
            xonxoff=flow == "xonxoff",
            timeout=0,
            exclusive=True,
        )
    except (OSError, ValueError) as error:
        raise _refused(error, told(address), address.path) from None
    try:
        return SerialLine(port, told(address))
    except (OSError, termios.error) as error:
        port.close()
        raise _refused(error, told(address), address.path) from None


def _refused(error: Exception, name: str, path: str) -> OpenError:
    # pyserial wraps the system's error in one of its own, mostly with its number.
    import errno

    number = getattr(error, "errno", None)
    if number == errno.ENOENT or not os.path.exists(path):
        return UnreachableError(name, "there is no such device: is it plugged in?")
    if number in {errno.EACCES, errno.EPERM}:
        return NotPermittedError(name, "this user may not open it: is it in the group dialout?")
    if number in {errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK}:
        return InUseError(name, "another program has this device")
    if number in {errno.ENOTTY, errno.EINVAL} or "Could not configure" in str(error):
        return UnreachableError(name, "that is no serial device, or not with these settings")
    return OpenError(name, str(error))


def listen(address: Address) -> list[Listener]:
    """Open the device; return a listener whose one connection it is."""
    (candidate,) = candidates(address, passive=True)
    return [LoneListener(address, lambda: open_socket(candidate))]
