"""What strace saw of a process and its children: the started programs, and every opened or changed
path, resolved.

    judge = Judge(roots=[repository, data], known=usual)
    judge.wrong(read_trace(path))        # what led elsewhere, in words

Failed calls are ignored: only reached files count. If a call returns a descriptor, strace shows
its file, whatever links led there. Other calls are resolved with the links that were in the
repository when the case was made.
"""
import dataclasses
import os
import re

# The traced calls. If a call returns no descriptor and follows a link at the end of its path, the
# whole path is resolved; for other calls, only the folder.
OPENING = {"open", "openat", "openat2", "creat"}
FOLLOWING = {"execve", "execveat", "chdir", "truncate", "chmod", "fchmodat", "chown", "chroot"}
CHANGING = {"rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat",
            "link", "linkat", "symlink", "symlinkat", "mknod", "mknodat", "lchown", "fchownat",
            "utimensat", "mount"}
STARTING = {"execve", "execveat"}
TEXT_FIRST = {"symlink", "symlinkat"}  # their first string is the target of the link
CALLS = sorted(OPENING | FOLLOWING | CHANGING | {"connect", "landlock_create_ruleset"})
OPTIONS = ["-qq", "-y", "-s", "4096", "-e", "trace=" + ",".join(CALLS)]

LINE = re.compile(r"(\d+) +(.*)")
UNFINISHED = re.compile(r"(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)(?:<((?:[^<>\\]|\\.)*)>)?.*$")
TOKEN = re.compile(r'(AT_FDCWD|\d+)<((?:[^<>\\]|\\.)*)>|"((?:[^"\\]|\\.)*)"')
INTERNET = re.compile(r"sa_family=AF_INET6?\b")
NUMBERS = re.compile(r"/proc/\d+(/task/\d+)?|pid-\d+")
# Our own temporary files, SQLite's, glibc's modules for encodings, the setting that glibc reads
# before it gives much memory back, and open files by number, which were judged when they were
# opened.
HARMLESS = re.compile(r"/tmp/esclusa-[\w-]+(/|$)|/var/tmp/etilqs_\w+$"
                      r"|/proc/sys/vm/overcommit_memory$"
                      r"|/usr/lib/[\w-]+/gconv/[\w.-]+$|/proc/self/fd/\d+$")


@dataclasses.dataclass(frozen=True)
class Event:
    """A call that succeeded: `named` is its path, made absolute; `resolved` is the file of its
    descriptor, if it returns one; `says` is the target of a new symbolic link.
    `is_beneath_descriptor`: the path is a plain name in an open folder, so later links on the way
    to that folder do not count."""
    call: str
    named: str
    resolved: str | None = None
    says: str | None = None
    is_beneath_descriptor: bool = False


def unescape(text):
    """Decodes strace's text, with any bytes in it."""
    return os.fsdecode(text.encode("latin-1", "backslashreplace").decode("unicode_escape")
                       .encode("latin-1"))


def whole_lines(path):
    """(process, call) of a trace; interrupted calls are joined again."""
    begun = {}
    with open(path, encoding="latin-1") as file:
        for line in file:
            if not (found := LINE.match(line)):
                continue
            pid, text = found.groups()
            if unfinished := UNFINISHED.match(text):
                begun[pid] = unfinished[1]
                continue
            if resumed := RESUMED.match(text):
                text = begun.pop(pid, "") + resumed[1]
            yield pid, text


def read_trace(path):
    """The events of a trace file, in their order."""
    events, folders = [], {}
    for pid, text in whole_lines(path):
        call = CALL.match(text)
        if not call:
            continue
        name, given, result, leads_to = call.groups()
        if name == "connect":
            if INTERNET.search(given):
                events.append(Event(name, given))
            continue
        tokens = TOKEN.findall(given)
        for descriptor, base, _ in tokens:
            if descriptor == "AT_FDCWD":
                folders[pid] = unescape(base)
        if int(result) < 0:
            continue
        says = unescape(tokens.pop(0)[2]) if name in TEXT_FIRST else None
        in_folder = name not in FOLLOWING and bool(tokens) and all(
            descriptor.isdigit() or (not descriptor and "/" not in text)
            for descriptor, _, text in tokens) and tokens[0][0].isdigit()
        for named in named_paths(name, tokens, folders.get(pid, "?")):
            events.append(Event(name, named, unescape(leads_to) if leads_to else None, says,
                                in_folder))
            if name == "chdir":
                folders[pid] = named
    return events


def named_paths(call, tokens, folder):
    """The absolute paths among a call's arguments; `folder` is the current folder of the
    process."""
    base, paths = folder, []
    for descriptor, leads_to, text in tokens:
        if descriptor:
            base = unescape(leads_to)
            continue
        paths.append(os.path.normpath(os.path.join(base, unescape(text))))
        base = folder
        if call in STARTING:
            break  # the others are its arguments
    return paths


def links_below(*folders):
    """link → target, for every symbolic link in some folders."""
    found = {}
    for folder in folders:
        for parent, names, files in os.walk(folder):
            for name in (*names, *files):
                path = os.path.join(parent, name)
                if os.path.islink(path):
                    found[path] = os.readlink(path)
    return found


def follow(path, links, depth=20):
    """A path with its links resolved."""
    done = "/"
    parts = [part for part in path.split("/") if part]
    for position, part in enumerate(parts):
        done = os.path.join(done, part)
        if done in links and depth:
            target = os.path.join(os.path.dirname(done), links[done])
            rest = os.path.join(target, *parts[position + 1:])
            return follow(os.path.normpath(rest), links, depth - 1)
    return done


class Judge:
    """Reports what a trace reaches outside `roots`. `known` are the paths that the same commands
    reach for an ordinary repository, `programs` those that they start; `links` are the
    repository's; `folder` stands for the case's own folder, whose name differs each time."""

    def __init__(self, folder, roots, links=None, known=(), programs=()):
        self._folder, self._roots = str(folder), [str(root) for root in roots]
        self._links, self._known = dict(links or {}), set(known)
        self._programs = set(programs)

    def place(self, event):
        """The file that an event reached, in the form that is compared."""
        path = event.resolved
        if path is None and event.is_beneath_descriptor:
            path = event.named
        if path is None:
            parent, name = os.path.split(event.named)
            path = (follow(event.named, self._links) if event.call in FOLLOWING
                    else os.path.join(follow(parent, self._links), name))
        if event.says is not None:
            self._links[event.named] = event.says  # from now on
        path = NUMBERS.sub("*", path)
        return "CASE" + path[len(self._folder):] if path.startswith(self._folder) else path

    def is_inside(self, event, place):
        path = event.resolved or place.replace("CASE", self._folder, 1)
        if any(path == root or path.startswith(root + "/") for root in self._roots):
            return True
        return bool(HARMLESS.match(path)) and not path.startswith(self._folder + "/")

    def places(self, events):
        """(the files outside the roots, the started programs) of a trace."""
        files, programs = set(), set()
        for event in events:
            place = self.place(event)
            if event.call in STARTING:
                programs.add(place)
            elif event.call != "connect" and not self.is_inside(event, place):
                files.add(place)
        return files, programs

    def wrong(self, events):
        """The violations, one sentence each."""
        said = {}
        for event in events:
            place = self.place(event)
            if event.call == "connect":
                said[f"CONNECTED {event.named}"] = None
            elif event.call in STARTING:
                if place not in self._programs:
                    said[f"STARTED {place}"] = None
            elif not self.is_inside(event, place) and place not in self._known:
                said[f"OPENED {place} ({event.call})"] = None
        return list(said)
