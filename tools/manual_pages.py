"""Manual pages made from what `esclusa ... --help` prints.

A page for the program, and one for each of its commands, in which the subcommands are sections.
"""
import dataclasses
import datetime
import os
import re
import subprocess
import textwrap

COLUMN = 30  # where CLI11 begins what it says about an option
NO_LIMIT = "1000000000"  # what the program writes where it only wants a number above 0
LISTS = ("Positionals:", "Options:", "Subcommands:")
FILES = [
    ("/etc/esclusa/esclusa.toml", "The settings of the server, each explained."),
    ("/etc/esclusa/agent/NAME.toml", "The settings of the agent esclusa-agent@NAME.service."),
    ("/var/lib/esclusa", "The data of the server, closed to all other users."),
    ("/usr/share/doc/esclusa/docs", "The documents: the API, gates, secrets, agents, SSH."),
]


@dataclasses.dataclass
class Help:
    """The text of --help in its parts."""
    words: list  # of the command: esclusa repo add
    summary: str
    usage: str
    lists: dict  # "Options:" -> [(term, description)]
    footer: list  # lines


def read_list(lines):
    """Takes the entries of a list off the front of the lines."""
    entries = []
    while lines and lines[0].startswith("  "):
        line = lines.pop(0)
        if line.startswith(" " * COLUMN):
            entries[-1][1].append(line.strip())
            continue
        # A long term has its description on the next line.
        term, gap, description = line[:COLUMN], line[COLUMN - 1:COLUMN], line[COLUMN:]
        if gap.strip() or (len(line) > COLUMN and "  " not in line[2:COLUMN] and gap != " "):
            term, description = line, ""
        entries.append((term.strip(), [description.strip()] if description.strip() else []))
    return [(term, " ".join(words)) for term, words in entries]


def read_help(binary, words):
    """Asks the program; its home is written as `~`, since pages are made for everybody."""
    text = subprocess.run(["esclusa", *words, "--help"], executable=binary, check=True,
                          stdout=subprocess.PIPE, text=True,
                          env={"HOME": "~", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}).stdout
    lines = text.splitlines()
    summary, usage, lists, footer = "", "", {}, []
    while lines:
        line = lines.pop(0)
        if line in LISTS:
            lists[line] = read_list(lines)
        elif line.startswith("Usage:"):
            usage = line[len("Usage:"):].strip()
        elif not summary and line.strip():
            summary = line.strip()
        elif line.strip() or footer:
            footer.append(line)
    return Help(["esclusa", *words], summary, usage, lists, footer)


def escape(text):
    """Text that roff prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = text.replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    return re.sub(r"(?m)^\.", "\\&.", text)


def paragraphs(lines):
    """A footer: its lines are sentences of a paragraph, or what someone types (indented)."""
    out = []
    for line in lines:
        if not line.strip():
            out.append(".PP")
        elif line.startswith("  "):
            out += [".IP", ".EX", escape(line.strip()), ".EE", ".PP"]
        else:
            out.append(escape(line.strip()))
    return out


def entry(term, description):
    """An option, argument or command: what CLI11 writes behind its name becomes a sentence."""
    notes = []
    numbers = re.search(r"(?<!\w)U?INT\b(?::U?INT in \[(\d+) - (\d+)\])?", term)
    if numbers:
        term = term[:numbers.start()] + "NUMBER" + term[numbers.end():]
        if numbers[2] and numbers[2] != NO_LIMIT:
            notes.append(f"{numbers[1]} to {numbers[2]}")
    for pattern, note in ((r" ?\(Env:(\w+)\)", "environment: {}"), (r" REQUIRED", "needed"),
                          (r"(?<=[A-Z])=(\S+)", "default: {}"), (r"\{\w+\}", ""),
                          (r":\{([\w,]+)\}", "one of {}"),
                          (r" Excludes: (\S+(?: \S+)*)", "not with {}")):
        match = re.search(pattern, term)
        if match:
            term = term[:match.start()] + term[match.end():]
            notes.append(note.format(*match.groups()))
    name, _, kind = term.replace(",-", ", -").partition(" " if ",-" not in term else "  ")
    notes = "; ".join(note for note in notes if note)
    text = description + (f" ({notes})" if notes else "")
    return [".TP", f"\\fB{escape(name)}\\fR" + (f" \\fI{escape(kind)}\\fR" if kind else ""),
            escape(text) or "\\&"]


def entries(pairs):
    return [line for term, description in pairs for line in entry(term, description)]


def body(part, heading):
    """What a command says, without its name."""
    out = []
    for title, name in (("Positionals:", "ARGUMENTS"), ("Options:", "OPTIONS")):
        pairs = part.lists.get(title, [])
        if heading == ".SS":  # `--help` need not be said for each subcommand
            pairs = [pair for pair in pairs if not pair[0].startswith("-h,")]
        elif pairs:
            out.append(f".SH {name}")
        out += entries(pairs)
    if part.footer:
        out += [".SH NOTES"] if heading == ".SH" else [".PP"]
        out += paragraphs(part.footer)
    return out


def page(part, below, see_also, version, date):
    """One page; `below` are its subcommands, each a Help."""
    name = "-".join(part.words)
    summary = part.summary.removeprefix("Esclusa: ")
    out = [f'.TH {name.upper()} 1 {date} "esclusa {version}" "Esclusa"', ".ad l", ".nh",
           ".SH NAME", f"{name} \\- {escape(summary)}",
           ".SH SYNOPSIS", f".B {escape(' '.join(part.words))}",
           escape(part.usage.removeprefix(" ".join(part.words)).strip()),
           ".SH DESCRIPTION", escape(summary) + "."]
    commands = part.lists.get("Subcommands:", [])
    if not below and commands:
        out += [".PP", "Each command has a page of its own, such as", ".BR esclusa\\-serve (1)."]
    out += body(part, ".SH")
    if commands:
        out += [".SH COMMANDS"]
    if not below:
        out += entries(commands)
    for one in below:
        out += [f".SS {escape(one.usage)}", escape(one.summary) + ".", *body(one, ".SS")]
    if part.words == ["esclusa"]:
        out += [".SH FILES", *entries(FILES)]
    out += [".SH SEE ALSO"]
    out += [f".BR {escape(other)} (1)" + ("," if other != see_also[-1] else "")
            for other in see_also]
    return "\n".join(out) + "\n"


def subcommands_of(binary, part):
    """All commands below one, in the order of the help."""
    found = []
    for name, _ in part.lists.get("Subcommands:", []):
        one = read_help(binary, [*part.words[1:], name])
        found += [one, *subcommands_of(binary, one)]
    # A group that only has subcommands says nothing that they do not say.
    return [one for one in found if not one.lists.get("Subcommands:") or len(one.lists) > 2]


def manual_pages(binary, version, epoch):
    """Yields (file name, text)."""
    date = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).date()
    top = read_help(binary, [])
    parts = [read_help(binary, [name]) for name, _ in top.lists["Subcommands:"]]
    names = ["-".join(part.words) for part in parts]
    yield "esclusa.1", page(top, [], names, version, date)
    for part in parts:
        text = page(part, subcommands_of(binary, part), ["esclusa"], version, date)
        yield "-".join(part.words) + ".1", text


def wrapped(text, first, rest):
    """Paragraph text for the changelog."""
    return textwrap.fill(" ".join(text.split()), 78, initial_indent=first,
                         subsequent_indent=rest, break_long_words=False, break_on_hyphens=False)
