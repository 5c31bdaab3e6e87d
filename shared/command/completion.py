"""`tocsin completion`: what a shell needs to complete commands, options and names."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

# How the shells ask: the words so far in the environment, the answer line by line on standard output.
SCRIPTS = {
    "bash": """\
_tocsin_completion() {
    local IFS=$'\\n'
    COMPREPLY=( $(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _TOCSIN_COMPLETE=complete_bash "$1") )
}
complete -o default -F _tocsin_completion tocsin
""",
    "zsh": """\
#compdef tocsin
_tocsin_completion() {
  eval $(_TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _TOCSIN_COMPLETE=complete_zsh tocsin)
}
compdef _tocsin_completion tocsin
""",
    "fish": """\
function __tocsin_ask
    _TOCSIN_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=$argv[1] \\
        _TYPER_COMPLETE_ARGS=(commandline -cp) tocsin
end
complete --command tocsin --no-files --condition "__tocsin_ask is-args" --arguments "(__tocsin_ask get-args)"
""",
}


class Shell(StrEnum):
    """The shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="which shell")]) -> None:
    """Print the script that makes a shell complete: `source <(tocsin completion bash)`."""
    typer.echo(SCRIPTS[shell], nl=False)
