"""A host at a known distance: a network interface (TUN) whose other side answers pings, as late as it is told.

It takes root, Linux, and a network of one's own.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import select
import struct
import subprocess
import threading
import time

from wiretalk.transport.ip.checksum import internet_checksum

TUNSETIFF, TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
"""linux/if_tun.h: IFF_TUN with IFF_NO_PI."""

HOSTS = {4: "10.83.0.2", 6: "fd83::2"}


class Distance:
    """Answers echo requests to HOSTS.

    Args:
        answer: called with the version of IP, the sequence number and the reply's packet; returns pairs of seconds to
            wait and packet, none for silence.

    Attributes:
        taken_s: for each reply sent, the seconds from reading the request to writing it, by version and sequence.
    """

    def __init__(self, answer):
        self._answer = answer
        self.taken_s = {}
        self._tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self._tun, TUNSETIFF, struct.pack("16sH22x", b"far0", TUN_WITHOUT_HEADER))
        commands = (
            "ip addr add 10.83.0.1/24 dev far0; ip link set far0 up; ip -6 addr add fd83::1/64 dev far0 nodad; "
            "ip -6 route replace fd83::/64 dev far0"
        )
        subprocess.run(["sh", "-ec", commands], check=True)
        self._bell, self._ring = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        due = []
        count = 0
        while True:
            wait_s = max(0.0, due[0][0] - time.monotonic()) if due else None
            ready, _, _ = select.select([self._tun, self._bell], [], [], wait_s)
            if self._bell in ready:
                return
            if self._tun in ready:
                read_s = time.monotonic()
                for version, sequence, packet in self._requests():
                    for later_s, reply in self._answer(version, sequence, packet):
                        count += 1
                        heapq.heappush(due, (read_s + later_s, count, read_s, (version, sequence), reply))
            while due and due[0][0] <= time.monotonic():
                _, _, read_s, which, reply = heapq.heappop(due)
                self.taken_s[which] = time.monotonic() - read_s
                os.write(self._tun, reply)

    def _requests(self):
        """Yield version, sequence number and reply of the echo requests that have come."""
        while True:
            try:
                packet = os.read(self._tun, 70_000)
            except BlockingIOError:
                return
            if packet[0] >> 4 == 4 and packet[9] == 1 and packet[20] == 8:
                yield 4, int.from_bytes(packet[26:28]), reply_of(packet)
            elif packet[0] >> 4 == 6 and packet[6] == 58 and packet[40] == 128:
                yield 6, int.from_bytes(packet[46:48]), reply_of(packet)

    def close(self):
        os.write(self._ring, b"!")
        self._thread.join(30)
        for fd in (self._tun, self._bell, self._ring):
            os.close(fd)


def reply_of(packet):
    """Return the packet that answers an echo request."""
    if packet[0] >> 4 == 4:
        message = b"\0\0\0\0" + packet[24:]
        checksum = internet_checksum(message).to_bytes(2)
        # The header's own checksum does not mind who is whose.
        return packet[:12] + packet[16:20] + packet[12:16] + message[:2] + checksum + message[4:]
    source, destination = packet[8:24], packet[24:40]
    message = b"\x81\0\0\0" + packet[44:]
    pseudo = destination + source + len(message).to_bytes(4) + b"\0\0\0\x3a"
    checksum = internet_checksum(pseudo + message).to_bytes(2)
    return packet[:8] + destination + source + message[:2] + checksum + message[4:]
