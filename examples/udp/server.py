"""Answer requests that come as datagrams.

    python server.py [ADDRESS…]        default: udp://:8888

A request is JSON: {"number": 1, "text": "hello"}; the answer has the same number.
"""

from __future__ import annotations

import sys
from typing import Any

import wiretalk


def answer(request: Any) -> Any:
    # A function of a message is the fast way to serve, and it remembers nothing of its clients. Whoever sends a request
    # again, since the answer was lost, is answered again: so it must do no harm to do this twice.
    if not isinstance(request, dict):
        return {"number": None, "error": 'a request is like {"number": 1, "text": "hello"}'}
    return {"number": request.get("number"), "text": str(request.get("text", "")).upper()}


async def main(*addresses: str) -> None:
    # On a machine with several addresses the answer leaves from the one that was asked, which the usual version, bound
    # to all of them, leaves to chance.
    async with wiretalk.serve(addresses or ["udp://:8888"], reply=answer, framing="line", codec="json") as server:
        print("listening on", *server.addresses, flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
