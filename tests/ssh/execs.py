"""The programs that were started, from strace's trace."""
import collections
import re

CALLS = "trace=execve,execveat,fork,vfork,clone,clone3"
OPTIONS = ["-f", "-qq", "-s", "400", "-e", CALLS, "-e", "signal=none"]
STARTED = re.compile(r'^(\d+) +execve(?:at)?\((.*)')
ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\.\.\.)?')
FORKED = re.compile(r"^(\d+) +(?:<\.\.\. )?(?:v?fork|clone3?)\b.*= (\d+)$")


class Exec:
    """One call of execve, whether it succeeded or not."""

    def __init__(self, pid, rest):
        self.pid = pid
        texts = ARGUMENT.findall(rest)
        self.path = texts[0] if texts else rest
        self.arguments = texts[1:]

    def __repr__(self):
        return f"{self.path} {self.arguments}"


class Trace:
    """The trace that strace wrote with OPTIONS."""

    def __init__(self, path):
        self.execs = []
        self._children = collections.defaultdict(list)
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if started := STARTED.match(line):
                self.execs.append(Exec(int(started[1]), started[2]))
            elif forked := FORKED.match(line):
                self._children[int(forked[1])].append(int(forked[2]))

    def below(self, pid):
        """A process, with all its child processes and threads, recursively."""
        found = [pid]
        for child in self._children.get(pid, ()):
            found += self.below(child)
        return found
