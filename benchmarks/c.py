"""Echo in C: what wt_serve adds to an epoll, a read and a write, with one message in flight and with sixteen."""

import harness
from echo import Comparison
from report import Outcome

TITLE = "C: wt_serve, lines of 64 B, 50 connections, against a bare epoll echo"
BARE, OURS = "bare epoll", "wt_serve"
SERVERS = {BARE: ("epoll_echo",), OURS: ("wt_serve_echo", "line")}
DEPTHS = (1, 16)


def measure(settings):
    harness.compile_peer("epoll_echo")
    harness.compile_peer("wt_serve_echo", library=True)
    head, rows, targets, remarks, raw = [], [], [], [], {}
    for depth in DEPTHS:
        found = Comparison(settings, SERVERS, connections=50, size=64, depth=depth, framing="line")
        target = found.cpu_target(OURS, BARE, 1.1)
        target.what += f", {depth} in flight"
        outcome = found.outcome([target])
        head = ["in flight", *outcome.head]
        rows += [[depth, *row] for row in outcome.rows]
        remarks += [f"{depth} in flight: {remark}" for remark in outcome.remarks]
        targets.append(target)
        raw[f"{depth} in flight"] = outcome.raw
    return Outcome(head, rows, targets, remarks, raw)
