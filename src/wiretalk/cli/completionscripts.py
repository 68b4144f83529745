"""The text of completion scripts, one function a shell. Text alone: what can be completed is given."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wiretalk.cli.completion import Command, Option, Words

OPEN_ENDS = (":", "/", "=")
"""A word that ends so is gone on with, so no space is put after it."""


def quoted(text: str) -> str:
    """Return a text as one word of a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"


# bash

BASH = """\
# Completion of wiretalk for bash, made by: wiretalk completion bash

_wiretalk() {{
    local line=${{COMP_LINE:0:COMP_POINT}} cur command word kind options takes places place choices path
    local -a typed
    read -ra typed <<< "$line"
    cur=${{line##*[[:space:]]}}
    [[ -n $cur ]] && unset "typed[${{#typed[@]}}-1]"
    command=${{typed[1]}}
    COMPREPLY=()
    if (( ${{#typed[@]}} < 2 )); then
        choices={commands}
    else
        case $command in
{cases}
            *) return ;;
        esac
        # Which of the command's words this is, and whether it is the value of an option.
        place=1
        word=
        for word in "${{typed[@]:2}}" ''; do
            if [[ -n $kind ]]; then
                [[ -n $word ]] && kind=
            elif [[ $takes == *" $word:"* && -n $word ]]; then
                kind=${{takes##*" $word:"}}
                kind=${{kind%% *}}
            elif [[ -n $word && $word != -* ]]; then
                place=$(( place + 1 ))
            fi
        done
        if [[ $cur == --*=* ]]; then
            word=${{cur%%=*}}
            kind=any
            [[ $takes == *" $word:"* ]] && kind=${{takes##*" $word:"}} && kind=${{kind%% *}}
        elif [[ -z $kind && $cur == -* ]]; then
            kind=options
        elif [[ -z $kind ]]; then
            read -ra typed <<< "$places"
            (( place > ${{#typed[@]}} )) && place=${{#typed[@]}}
            kind=${{typed[place-1]}}
        fi
        case $kind in
            options) choices=$options ;;
{lists}
            *) return ;;
        esac
    fi
    word=$cur
    [[ $cur == --*=* ]] && word=${{cur#*=}}
    if [[ $kind == addresses && $word == unix*:* ]]; then
        # A path: the shell itself takes what follows the colon for a word of its own.
        path=${{word#*:}}
        COMPREPLY=($(compgen -f -- "$path"))
        compopt -o filenames -o nospace 2> /dev/null
        return
    fi
    COMPREPLY=($(compgen -W "$choices" -- "$word"))
    # The shell breaks words at colons and equals signs, so what stands before the last of them is not repeated.
    path=${{word%"${{word##*:}}"}}
    if [[ -n $path && $COMP_WORDBREAKS == *:* ]]; then
        COMPREPLY=("${{COMPREPLY[@]#"$path"}}")
    fi
    if [[ ${{#COMPREPLY[@]}} -eq 1 && ${{COMPREPLY[0]}} == *[:/=] ]]; then
        compopt -o nospace 2> /dev/null
    fi
}}

complete -F _wiretalk wiretalk
"""


def bash(words: Words) -> str:
    """Return the script for bash, 3.2 or newer."""
    commands = " ".join([*(command.name for command in words.commands), "--help", "--version"])
    cases = "\n".join(_bash_case(command) for command in words.commands)
    lists = "\n".join(
        f"            {name}) choices={quoted(' '.join(word for word, _ in entries))} ;;"
        for name, entries in words.lists.items()
    )
    return BASH.format(commands=quoted(commands), cases=cases, lists=lists)


def _bash_case(command: Command) -> str:
    names = [name for option in command.options for name in option.names]
    takes = [
        f"{name}:{option.value}"
        for option in command.options
        if option.value and not option.optional
        for name in option.names
    ]
    parts = (
        f"options={quoted(' '.join(names))}",
        f"takes={quoted(' ' + ' '.join(takes) + ' ')}",
        f"places={quoted(' '.join(command.positionals))}",
    )
    return f"            {command.name}) {'; '.join(parts)} ;;"


# zsh

ZSH = """\
#compdef wiretalk
# Completion of wiretalk for zsh, made by: wiretalk completion zsh

{lists}

_wiretalk() {{
    local -a commands
    commands=(
{commands}
    )
    if (( CURRENT == 2 )); then
        _describe -t commands command commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
{cases}
    esac
}}

if [[ $funcstack[1] == _wiretalk ]]; then
    _wiretalk "$@"
else
    compdef _wiretalk wiretalk
fi
"""

ZSH_LIST = """\
_wiretalk_{name}() {{
    local -a whole begun
    whole=({whole})
    begun=({begun})
{files}    _describe -t {name} '{name}' whole -- begun -S ''
}}"""

ZSH_FILES = """\
    if compset -P 'unix*:'; then
        _files
        return
    fi
"""


def zsh(words: Words) -> str:
    """Return the script for zsh, 5.0 or newer."""
    commands = "\n".join(f"        {_described(command.name, command.summary)}" for command in words.commands)
    lists = "\n\n".join(
        ZSH_LIST.format(
            name=name,
            whole=" ".join(_described(*entry) for entry in entries if not entry[0].endswith(OPEN_ENDS)),
            begun=" ".join(_described(*entry) for entry in entries if entry[0].endswith(OPEN_ENDS)),
            files=ZSH_FILES if name == "addresses" else "",
        )
        for name, entries in words.lists.items()
    )
    cases = "\n".join(_zsh_case(command) for command in words.commands)
    return ZSH.format(commands=commands, lists=lists, cases=cases)


def _described(word: str, what: str) -> str:
    return quoted(f"{word.replace(':', chr(92) + ':')}:{what}")


def _zsh_case(command: Command) -> str:
    lines = [f"        {command.name})", "            _arguments -s \\"]
    lines += [f"                {_zsh_option(option)} \\" for option in command.options]
    for index, kind in enumerate(command.positionals, 1):
        place = "*" if index == len(command.positionals) else str(index)
        action = f"_wiretalk_{kind}" if kind != "any" else " "
        lines.append(f"                {quoted(f'{place}:{kind}:{action}')} \\")
    lines[-1] = lines[-1].removesuffix(" \\")
    return "\n".join([*lines, "            ;;"])


def _zsh_option(option: Option) -> str:
    what = option.help.replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    value = ""
    if option.value:
        action = f"_wiretalk_{option.value}" if option.value != "any" else " "
        value = f":value:{action}" if not option.optional else ":: : "
    group = f"({' '.join(option.names)})"
    made = []
    for name in option.names:
        end = "" if not option.value else "=-" if option.optional else "=" if name.startswith("--") else "+"
        made.append(quoted(f"{group}{name}{end}[{what}]{value}"))
    return " ".join(made)


# fish


def fish(words: Words) -> str:
    """Return the script for fish, 3.0 or newer."""
    lines = [
        "# Completion of wiretalk for fish, made by: wiretalk completion fish",
        "",
        "complete -c wiretalk -f",
        "complete -c wiretalk -n __fish_use_subcommand -s h -l help -d 'show help'",
        "complete -c wiretalk -n __fish_use_subcommand -s V -l version -d 'show the version'",
    ]
    for command in words.commands:
        what = _fish_quoted(command.summary)
        lines.append(f"complete -c wiretalk -n __fish_use_subcommand -a {command.name} -d {what}")
    for command in words.commands:
        here = _fish_quoted(f"__fish_seen_subcommand_from {command.name}; and not __fish_use_subcommand")
        lines += ["", f"# {command.name}"]
        lines += [
            f"complete -c wiretalk -n {here} -a {_fish_list(words, kind)}"
            for kind in dict.fromkeys(command.positionals)
            if kind != "any"
        ]
        lines += [f"complete -c wiretalk -n {here} {_fish_option(words, option)}" for option in command.options]
    return "\n".join(lines) + "\n"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _fish_list(words: Words, kind: str) -> str:
    entries = " ".join(_fish_quoted(f"{word}\t{what}") for word, what in words.lists[kind])
    return _fish_quoted(f"(printf '%s\\n' {entries})")


def _fish_option(words: Words, option: Option) -> str:
    parts = [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names]
    if option.value and not option.optional:
        parts.append("-x")
        if option.value != "any":
            parts.append(f"-a {_fish_list(words, option.value)}")
    return f"{' '.join(parts)} -d {_fish_quoted(option.help)}"
