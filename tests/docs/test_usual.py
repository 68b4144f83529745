"""The usual programs in docs/usual are all shown, and all run, where the conversations are gone through."""

from __future__ import annotations

import re

import pytest

from .conftest import ROOT, Page

PROGRAMS = [
    f"docs/usual/{file.name}" for file in sorted((ROOT / "docs/usual").iterdir()) if file.suffix in {".py", ".c"}
]
CONVERSATIONS = Page(ROOT / "docs/conversations.md")
WITHOUT_CONVERSATION = {"Conversations", "top"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_is_shown_and_run(program):
    said = [block for block in CONVERSATIONS.blocks if block.value("from") == program]
    assert said, f"docs/conversations.md shows nothing of {program}"
    commands = [
        command for block in CONVERSATIONS.blocks if block.language == "console" for command, _ in block.commands
    ]
    assert any(re.search(rf"(python|cc .*) {program}\b", command) for command in commands), f"{program} is not run"


@pytest.mark.parametrize(
    "conversation", [one for one in CONVERSATIONS.sections if one.title not in WITHOUT_CONVERSATION]
)
def test_each_conversation_is_told_in_both_languages_and_in_the_shell(conversation):
    usual = {block.language for block in conversation.blocks if (block.value("from") or "").startswith("docs/usual/")}
    ours = {
        block.language for block in conversation.blocks if not (block.value("from") or "").startswith("docs/usual/")
    }
    assert usual == {"python", "c"}, f"{conversation!r}: the usual version"
    assert ours >= {"python", "c", "console"}, f"{conversation!r}: with wiretalk"
