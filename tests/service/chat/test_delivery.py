"""All that is said in one turn leaves in one write a member, encoded once a form, in one order for all."""

from __future__ import annotations

import random

from wiretalk.limits import CHAT_BATCH_EVENTS


def test_one_write_a_turn_and_one_encoding_a_form(chat):
    members = [chat.comes(form=chat.echoing) for _ in range(10)]
    chat.told(*members)
    before = chat.echoing.encoded
    for number in range(20):
        chat.hall.say(members[number % 10], f"{number}")
    assert all(not member.outlet.writes for member in members)
    chat.turn()
    assert [len(member.outlet.writes) for member in members] == [1] * 10
    assert chat.echoing.encoded == before + 20
    assert chat.told(*members) == [[f"<guest-{number % 10 + 1}> {number}" for number in range(20)]] * 10


def test_nobody_is_kept_waiting_by_a_flood(chat):
    ada, bob = chat.comes("ada"), chat.comes("bob")
    chat.told(ada, bob)
    for number in range(CHAT_BATCH_EVENTS + 1):
        chat.hall.say(ada, f"{number}")
    assert len(bob.outlet.writes) == 1
    assert chat.told(bob) == [[f"<ada> {number}" for number in range(CHAT_BATCH_EVENTS + 1)]]
    chat.hall.say(ada, "more")
    assert chat.told(ada, bob) == [[], ["<ada> more"]]


def test_a_turn_with_nothing_left_to_deliver(chat):
    ada, bob = chat.comes("ada"), chat.comes("bob")
    chat.told(ada, bob)
    for number in range(CHAT_BATCH_EVENTS):
        chat.hall.say(ada, f"{number}")
    assert len(bob.outlet.writes) == 1
    chat.turn()
    assert len(bob.outlet.writes) == 1


def test_each_hears_each_line_once_and_in_the_rooms_order_whatever_happens(chat_of):
    """Members say, come, go, wander and ask at random, within turns; what each must hear is written down beside."""
    choose = random.Random(11)
    chat = chat_of(history=0, max_rooms=4)
    expected, heard, here, said = {}, {}, [], 0

    def look():
        for member in expected:
            heard[member] += [line for line in member.outlet.told() if line.startswith("<")]

    for _ in range(4000):
        what = choose.choice(("come", "go", "join", "ask", "turn", *["say"] * 10))
        if what == "come" and len(here) < 20:
            form = choose.choice((chat.text, chat.echoing))
            member = (
                chat.hall.enter(type(chat.comes().outlet)(form))
                if not here
                else chat.hall.enter(type(here[0].outlet)(form))
            )
            here.append(member)
            expected[member], heard[member] = [], []
        elif not here:
            continue
        elif what == "turn":
            chat.turn()
            look()
        else:
            member = choose.choice(here)
            if what == "go":
                here.remove(member)
                chat.hall.quit(member)
            elif what == "join":
                chat.types(member, f"/join room{choose.randint(1, 3)}")
            elif what == "ask":
                chat.types(member, "/names")
            else:
                said += 1
                for other in here:
                    if other.room is member.room and (other is not member or other.outlet.form.echo):
                        expected[other].append(f"<{member.nick}> {said}")
                chat.types(member, f"{said}")
    chat.turn()
    look()
    assert heard == expected
    assert sum(len(lines) for lines in heard.values()) > 5000
