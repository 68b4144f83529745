"""Names that are asked for beside."""

import threading

from wiretalk.ping.naming import Names


def test_names_come_when_they_come():
    asked, go_on = [], threading.Event()

    def look_up(host):
        asked.append(host)
        assert go_on.wait(30)
        return "router.example" if host == "10.0.0.1" else ""

    names = Names(look_up)
    for host in ("10.0.0.1", "10.0.0.2", "10.0.0.1"):
        names.ask(host)
    assert not names.know(["10.0.0.1"])
    assert names.name("10.0.0.1") == ""
    go_on.set()
    while not names.know(["10.0.0.1", "10.0.0.2"]):
        threading.Event().wait(0.001)
    assert (names.name("10.0.0.1"), names.name("10.0.0.2"), names.name("10.0.0.3")) == ("router.example", "", "")
    assert sorted(asked) == ["10.0.0.1", "10.0.0.2"]
    assert names.know([])
