"""What a shell completes, asked of the shell itself with the scripts of a package."""
import functools
import os
import pathlib
import pty
import re
import select
import shlex
import subprocess
import time

BASH = r'''
source "$1"
COMP_LINE=$2 COMP_POINT=${#2}
read -ra COMP_WORDS <<< "$2"
if [[ $2 == *' ' ]]; then COMP_WORDS+=(''); fi
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_esclusa esclusa "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
# Without an answer of the function, the shell completes files (-o default).
if ((${#COMPREPLY[@]} == 0)); then compgen -f -- "${COMP_WORDS[COMP_CWORD]}"; fi
printf '%s\n' "${COMPREPLY[@]}"
complete -p esclusa | grep -q -- '-o default.* -F _esclusa'
'''


def completed(shell, files, line):
    """The words that a shell offers at the end of the line; `files` is the package's root."""
    return {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}[shell](files, line)


def run(command, **more):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, **more).stdout


def in_bash(files, line):
    script = files / "usr/share/bash-completion/completions/esclusa"
    return set(run(["bash", "--norc", "-c", BASH, "bash", str(script), line]).split())


def in_fish(files, line):
    script = files / "usr/share/fish/vendor_completions.d/esclusa.fish"
    said = run(["fish", "--no-config", "--command",
                f"source {shlex.quote(str(script))}; complete -C {shlex.quote(line)}"])
    return {row.split("\t")[0] for row in said.splitlines()}


ZSH = r"""
PS1='' RPS1='' PS2=''; unsetopt zle_bracketed_paste prompt_sp prompt_cr
fpath=(FUNCTIONS $fpath); autoload -U compinit; compinit -u -D
compadd() {
  local -a found; local one
  if [[ " ${(j: :)@[1,(i)(-|--)]} " != *' -'[OAD]' '* ]]; then
    builtin compadd -A found "$@"
    for one in $found; do print -r -- "offered:$one:"; done
  fi
  builtin compadd "$@"
}
offer() { zle complete-word; print -r -- "all-offered:$#"; }
zle -N offer; bindkey '^X' offer
print -r -- re''ady
"""


@functools.cache
def zsh_with(functions):
    """A zsh that completes with these functions; it ends with this process."""
    terminal = Terminal(["zsh", "-f", "-i"])
    terminal.type(ZSH.replace("FUNCTIONS", shlex.quote(str(functions))))
    terminal.read_until("ready")
    return terminal


def in_zsh(files, line):
    """Presses a key in a terminal: zsh completes only there. What it adds is written down."""
    terminal = zsh_with(files / "usr/share/zsh/vendor-completions")
    terminal.type("\x15" + line + "\x18")  # in the place of the line before
    said = terminal.read_until("all-offered:")
    words = re.findall(r"offered:([^:\s]+):", said)
    folder = line.split(" ")[-1].rpartition("/")
    return {folder[0] + folder[1] + word for word in words}


class Terminal:
    """A program in a pseudo-terminal. It gets a hang-up when this process ends."""

    def __init__(self, command):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": "/nonexistent",
                 "LC_ALL": "C.UTF-8", "COLUMNS": "200", "LINES": "60"})
        os.close(slave)

    def type(self, text):
        os.write(self.master, text.encode())

    def read_until(self, mark, timeout=30):
        text, end = "", time.monotonic() + timeout
        while mark not in text:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise AssertionError(f"{mark!r} did not come: {text[-2000:]!r}")
            text += os.read(self.master, 4096).decode(errors="replace")
        return text
