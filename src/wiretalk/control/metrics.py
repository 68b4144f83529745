"""What has passed, as Prometheus reads it, under the names that toxiproxy gives it. Text alone."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wiretalk.control.faulty import Faulty

COUNTED = (
    ("toxiproxy_proxy_received_bytes_total", "upstream", "up_bytes", "Bytes that clients have sent."),
    ("toxiproxy_proxy_sent_bytes_total", "downstream", "down_bytes", "Bytes that have been sent to clients."),
)
"""Name, direction, what it is in `relay.ledger`, and what it is in words: what passes on the side of the clients."""


def metrics(proxies: Iterable[Faulty]) -> str:
    """Return the totals of all proxies that count."""
    lines = []
    counted = [(proxy, totals) for proxy in proxies if (totals := proxy.totals()) is not None]
    for name, direction, key, told in COUNTED:
        lines += [f"# HELP {name} {told}", f"# TYPE {name} counter"]
        for proxy, totals in counted:
            labels = {
                "direction": direction,
                "listener": proxy.listen,
                "proxy": proxy.name,
                "upstream": proxy.upstream,
            }
            shown = ",".join(f'{label}="{escaped(value)}"' for label, value in labels.items())
            lines.append(f"{name}{{{shown}}} {totals[key]}")
    return "\n".join([*lines, ""])


def escaped(value: str) -> str:
    """Return a text as it stands between quotation marks."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
