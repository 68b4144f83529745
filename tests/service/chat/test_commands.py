"""What members type, and what they are told for it."""

from __future__ import annotations

import pytest

from wiretalk.service.chat.commands import FORMS
from wiretalk.service.chat.events import Event


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/nick eve", "-- you are eve, in lobby, with 1 other"),
        ("/NICK  eve ", "-- you are eve, in lobby, with 1 other"),
        ("/join tea", "-- you are ada, in tea, alone"),
        ("/leave", "-- you are ada, in no room; /join ROOM enters one"),
        ("/rooms", "-- rooms: lobby (2)"),
        ("/names", "-- in lobby: ada, bob"),
        ("/history", "-- nothing has been said in lobby yet"),
        ("/history 5", "-- nothing has been said in lobby yet"),
        ("/msg bob hello there", "[you -> bob] hello there"),
        # mistakes
        ("/nick", "-- type /nick NAME"),
        ("/nick bob", "-- there is a bob already"),
        ("/nick a b", "-- a nick is letters, digits and - _ ., without spaces"),
        ("/join", "-- type /join ROOM"),
        ("/join lobby", "-- you are in lobby already"),
        ("/leave now", "-- type /leave, and nothing after it"),
        ("/rooms now", "-- type /rooms, and nothing after it"),
        ("/names all", "-- type /names, and nothing after it"),
        ("/help me", "-- type /help, and nothing after it"),
        ("/history 0", '-- "0" is no number of messages; type /history [N]'),
        ("/history ten", '-- "ten" is no number of messages; type /history [N]'),
        ("/history " + "9" * 50, f'-- "{"9" * 32}" is no number of messages; type /history [N]'),
        ("/me", "-- type /me TEXT"),
        ("/msg", "-- type /msg NICK TEXT"),
        ("/msg bob", "-- type /msg NICK TEXT"),
        ("/msg carl hello", "-- there is no carl here; /names lists who is in your room"),
        ("/nic eve", "-- there is no command /nic; did you mean /nick NAME?"),
        ("/", "-- there is no command /; /help lists them"),
        ("/" + "x" * 50, f"-- there is no command /{'x' * 32}; /help lists them"),
        ("/nick " + "x" * 5000, "-- this was not said: 5006 bytes of text, and at most 40 are said at once"),
        ("/msg " + "x" * 99, "-- type /msg NICK TEXT"),
        ("\x1b" * 14, "-- this was not said: 42 bytes of text, and at most 40 are said at once"),
        ("\ud800" * 200, "-- this was not said: 200 bytes of text, and at most 40 are said at once"),
        ("x" * 41, "-- this was not said: 41 bytes of text, and at most 40 are said at once"),
        ("/me " + "ü" * 21, "-- this was not said: 42 bytes of text, and at most 40 are said at once"),
    ],
)
def test_typed(chat, typed, told):
    ada, bob = chat.comes("ada"), chat.comes("bob")
    chat.told(ada, bob)
    assert chat.types(ada, typed) is True
    assert chat.told(ada) == [[told]]


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("hello", "<ada> hello"),
        ("//nick is a command", "<ada> /nick is a command"),
        ("/me waves", "* ada waves"),
        ("/me \x1b[2J", "* ada �[2J"),
        ("-- bob has left", "<ada> -- bob has left"),
        ("x" * 40, f"<ada> {'x' * 40}"),
    ],
)
def test_said(chat, typed, heard):
    ada, bob = chat.comes("ada"), chat.comes("bob")
    chat.told(ada, bob)
    assert chat.types(ada, typed) is True
    assert chat.told(ada, bob) == [[], [heard]]


def test_help_tells_every_command(chat):
    ada = chat.comes("ada")
    chat.types(ada, "/help")
    ((first, *rest),) = chat.told(ada)
    assert first == "-- /nick NAME      call yourself NAME"
    assert [line.split()[1] for line in (first, *rest)] == [f"/{name}" for name in FORMS]


def test_quit_is_the_end(chat):
    assert chat.types(chat.comes(), "/quit") is False
    assert chat.types(chat.comes(), "/QUIT now") is False


def test_text_that_looks_like_a_command_can_be_said(chat):
    ada, bob = chat.comes("ada"), chat.comes("bob")
    chat.told(ada, bob)
    chat.desk.say(ada, "/quit")
    chat.types(bob, "/leave")
    chat.desk.say(bob, "nobody hears it")
    assert chat.told(ada, bob) == [
        ["-- bob has left"],
        [
            "<ada> /quit",
            "-- you are bob, in no room; /join ROOM enters one",
            "-- you are in no room; /join ROOM enters one, /rooms lists them",
        ],
    ]


def test_an_event_tells_what_it_is():
    assert repr(Event("error", text="no")) == "<Event error {'text': 'no'}>"
