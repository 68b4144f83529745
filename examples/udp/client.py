"""Ask in datagrams, again where no answer comes, and believe no answer but the one to this question.

python client.py [ADDRESS] [TEXT…]        default: udp://localhost:8888 hello world
"""

from __future__ import annotations

import sys
import time
from typing import Any

import wiretalk
import wiretalk.blocking

FIRST_WAIT_S = 0.5
ATTEMPTS = 5


def ask(server: wiretalk.blocking.Connection, request: dict[str, Any]) -> Any:
    """Return the answer to a request.

    The usual version waits in recvfrom for ever once a datagram is lost; and after a timeout it takes the late answer
    to the last question for the answer to this one.
    """
    wait_s = FIRST_WAIT_S
    for _ in range(ATTEMPTS):
        server.send(request)
        give_up = time.monotonic() + wait_s
        while (left_s := give_up - time.monotonic()) > 0:
            try:
                answer = server.receive(timeout_s=left_s)
            except wiretalk.TimedOutError:
                break
            if isinstance(answer, dict) and answer.get("number") == request["number"]:
                return answer
        wait_s *= 2
    raise wiretalk.TimedOutError(server.peer, "receive", (2**ATTEMPTS - 1) * FIRST_WAIT_S)


def main(address: str = "udp://localhost:8888", *texts: str) -> None:
    with wiretalk.blocking.connect(address, framing="line", codec="json") as server:
        for number, text in enumerate(texts or ("hello", "world"), 1):
            print(ask(server, {"number": number, "text": text})["text"])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
