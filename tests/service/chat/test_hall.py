"""Who is where under which name, and who is told what of it."""

from __future__ import annotations

import pytest

from wiretalk.limits import CHAT_SHOWN_NAMES, CHAT_TOLD_MEMBERS
from wiretalk.service.chat.hall import Member, RefusedError
from wiretalk.service.chat.names import RefusedNameError


def test_who_comes_is_welcomed_and_announced(chat):
    ada = chat.comes("ada")
    new = chat.hall.enter(type(ada.outlet)(chat.text))
    assert chat.told(ada, new) == [
        ["-- guest-2 has joined"],
        [
            "-- welcome: you are guest-2, in lobby, with 1 other",
            "-- what you type is said to all; /nick NAME names you, /help tells the rest",
        ],
    ]


def test_what_is_said_reaches_the_others_in_one_order(chat):
    ada, bob, eve = chat.comes("ada"), chat.comes("bob"), chat.comes("eve", form=chat.echoing)
    chat.told(ada, bob, eve)
    for member, text in ((ada, "one"), (bob, "two"), (ada, "three"), (eve, "four")):
        chat.hall.say(member, text)
    assert chat.told(ada, bob, eve) == [
        ["<bob> two", "<eve> four"],
        ["<ada> one", "<ada> three", "<eve> four"],
        ["<ada> one", "<bob> two", "<ada> three", "<eve> four"],
    ]


def test_a_name_is_had_by_one(chat):
    ada, bob = chat.comes("ada"), chat.comes("bob")
    chat.told(ada, bob)
    with pytest.raises(RefusedError, match="there is a ada already"):
        chat.hall.rename(bob, "ADA")
    with pytest.raises(RefusedError, match="names that begin with guest- are given"):
        chat.hall.rename(bob, "Guest-99")
    with pytest.raises(RefusedNameError):
        chat.hall.rename(bob, "b o b")
    assert bob.nick == "bob"
    chat.hall.rename(ada, "Ada")
    chat.hall.rename(bob, "bob")
    assert chat.told(ada, bob) == [
        ["-- you are Ada, in lobby, with 1 other"],
        ["-- ada is Ada now", "-- you are bob, in lobby, with 1 other"],
    ]
    chat.hall.quit(ada)
    chat.hall.rename(bob, "ada")
    assert bob.nick == "ada"


def test_a_guest_may_keep_its_name(chat):
    guest = chat.comes()
    chat.hall.rename(guest, "guest-1")
    chat.hall.rename(guest, "Guest-1")
    assert guest.nick == "Guest-1"


def test_rooms_come_and_go(chat):
    ada, bob = chat.comes("ada"), chat.comes("bob")
    chat.told(ada, bob)
    chat.hall.join(ada, "#tea")
    chat.hall.say(ada, "anybody?")
    chat.hall.tell_rooms(bob)
    assert chat.told(ada, bob) == [
        ["-- you are ada, in tea, alone"],
        ["-- ada has left", "-- rooms: lobby (1), tea (1)"],
    ]
    chat.hall.join(bob, "TEA")
    assert chat.told(ada, bob) == [
        ["-- bob has joined"],
        ["-- you are bob, in tea, with 1 other", *history_of(bob)],
    ]
    with pytest.raises(RefusedError, match="you are in tea already"):
        chat.hall.join(bob, "tea")
    for member in (ada, bob):
        chat.hall.leave(member)
        with pytest.raises(RefusedError, match="you are in no room"):
            chat.hall.say(member, "hello")
        with pytest.raises(RefusedError, match="you are in no room"):
            chat.hall.leave(member)
    chat.hall.tell_rooms(bob)
    # With its last member a room is gone, and what was said there.
    assert chat.told(bob) == [
        [
            "-- ada has left",
            "-- you are bob, in no room; /join ROOM enters one",
            "-- rooms: lobby (0)",
        ]
    ]
    chat.hall.join(bob, "tea")
    assert chat.told(bob) == [["-- you are bob, in tea, alone"]]


def history_of(member):
    return [f"-- said in {member.room.name} before:", *[timed(event) for event in member.room.history]]


def timed(event):
    import time

    return time.strftime("%H:%M ", time.localtime(event.fields["time"])) + event.lines()[0]


def test_there_are_as_many_rooms_as_there_may_be(chat):
    ada, bob = chat.comes("ada"), chat.comes("bob")
    chat.hall.join(ada, "one")
    chat.hall.join(bob, "two")
    with pytest.raises(RefusedError, match=r"as many rooms as there may be \(3\)"):
        chat.hall.join(chat.comes("eve"), "three")
    # The room that it leaves empty makes room for the new one.
    chat.hall.join(ada, "three")
    assert (ada.room.name, bob.room.name) == ("three", "two")
    chat.hall.leave(ada)
    chat.hall.join(ada, "one")
    with pytest.raises(RefusedNameError, match="a room is letters"):
        chat.hall.join(ada, "no spaces")
    assert ada.room.name == "one"


def test_history_is_bounded_and_told_to_who_joins(chat):
    ada = chat.comes("ada")
    for number in range(5):
        chat.hall.say(ada, f"line {number}", "action" if number == 4 else "message")
    bob = chat.hall.enter(type(ada.outlet)(chat.text))
    assert [line[6:] for line in chat.told(bob)[0][3:]] == ["<ada> line 2", "<ada> line 3", "* ada line 4"]
    chat.hall.tell_history(bob, 1)
    assert [line[6:] for line in chat.told(bob)[0][1:]] == ["* ada line 4"]
    # Who may be forged gets it when it asks.
    board = chat.hall.enter(type(ada.outlet)(chat.text, told_history=False))
    assert len(chat.told(board)[0]) == 2
    chat.hall.tell_history(board)
    assert len(chat.told(board)[0]) == 4


def test_no_history(chat_of):
    chat = chat_of(history=0)
    ada = chat.comes("ada")
    chat.hall.say(ada, "gone")
    bob = chat.comes("bob")
    chat.hall.tell_history(bob)
    assert chat.told(bob) == [["-- nothing has been said in lobby yet"]]


def test_whispers_reach_one_wherever_it_is(chat):
    ada, bob, eve = chat.comes("ada"), chat.comes("bob"), chat.comes("eve")
    chat.hall.leave(bob)
    chat.told(ada, bob, eve)
    chat.hall.whisper(ada, "BOB", "psst")
    assert chat.told(ada, bob, eve) == [["[you -> bob] psst"], ["[ada -> you] psst"], []]
    with pytest.raises(RefusedError, match="there is no carl here"):
        chat.hall.whisper(ada, "carl", "psst")


def test_names_are_listed_up_to_a_number(chat):
    ada = chat.comes("ada")
    chat.hall.tell_names(ada)
    assert chat.told(ada) == [["-- in lobby: ada"]]
    for _ in range(CHAT_SHOWN_NAMES):
        chat.comes()
    chat.told(ada)
    chat.hall.tell_names(ada)
    ((line,),) = chat.told(ada)
    assert line.startswith("-- in lobby: ada, guest-2, guest-3, ")
    assert line.endswith(f"guest-{CHAT_SHOWN_NAMES} and 1 more")


def test_in_a_large_room_comings_and_goings_are_not_told(chat):
    ada = chat.comes("ada")
    others = [chat.comes() for _ in range(CHAT_TOLD_MEMBERS - 1)]
    assert chat.told(ada)[0][-1] == f"-- guest-{CHAT_TOLD_MEMBERS} has joined"
    others.append(chat.comes())
    assert chat.told(ada)[0] == [f"-- guest-{CHAT_TOLD_MEMBERS + 1} has joined"]
    others.append(chat.comes())
    chat.hall.rename(others[0], "bob")
    chat.hall.quit(others.pop(), "reset")
    assert chat.told(ada) == [[]]
    chat.hall.quit(others.pop(), "reset")
    assert chat.told(ada)[0] == [f"-- guest-{CHAT_TOLD_MEMBERS + 1} has left (reset)"]


def test_who_leaves_has_heard_what_was_said_before(chat):
    ada, bob = chat.comes("ada"), chat.comes("bob")
    chat.told(ada, bob)
    chat.hall.say(ada, "before")
    chat.hall.join(bob, "tea")
    chat.hall.say(ada, "after")
    assert chat.told(bob) == [["<ada> before", "-- you are bob, in tea, alone"]]
    chat.hall.quit(bob)
    assert isinstance(bob, Member)
    assert bob.room is None
