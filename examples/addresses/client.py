"""Show the peer's address and one's own, as this side and the other side see them.

python client.py [ADDRESS]        default: tcp://localhost:8888
"""

from __future__ import annotations

import sys

import wiretalk


async def main(address: str = "tcp://localhost:8888") -> None:
    async with wiretalk.connect(address, framing="line", codec="json") as connection:
        await connection.send("who am I?")
        seen = await connection.receive(timeout_s=10)
        print(f"I am      {connection.local}; the server calls me {seen['you']}")
        print(f"I talk to {connection.peer}; it calls itself {seen['me']}")
        # They differ where something between the two rewrites addresses (NAT, a port forwarded into a container), and
        # over UDP where the server listens on every interface at once.
        if connection.local != seen["you"]:
            print("something on the way gives me another address")


if __name__ == "__main__":
    try:
        wiretalk.run(main(*sys.argv[1:2]))
    except KeyboardInterrupt:
        sys.exit(130)
    except wiretalk.WiretalkError as error:
        sys.exit(str(error))
