"""Controls: a process that deliberately does what is forbidden, judged as the server is."""
import pathlib
import subprocess
import sys
import tempfile

from place import Place
from trace import OPTIONS, Judge, links_below, read_trace

# Each entry does one forbidden thing; next to it is the judge's expected report.
WRONG = [
    ("open(victim / 'HEAD').close()", "OPENED CASE/victim.git/HEAD (openat)"),
    ("open(repository / 'leads/refs/heads/main').close()",
     "OPENED CASE/victim.git/refs/heads/main (openat)"),
    ("os.open('config', os.O_RDONLY, dir_fd=os.open(repository / 'leads', os.O_RDONLY))",
     "OPENED CASE/victim.git (openat)", "OPENED CASE/victim.git/config (openat)"),
    ("os.chdir(repository / 'refs'); os.unlink('../leads/to-unlink')",
     "OPENED CASE/victim.git/to-unlink (unlink)"),
    ("os.rename(repository / 'to-move', repository / 'leads/moved')",
     "OPENED CASE/victim.git/moved (rename)"),
    ("os.mkdir(repository / 'leads/made')", "OPENED CASE/victim.git/made (mkdir)"),
    ("os.symlink('x', 'made', dir_fd=os.open(victim / 'refs', os.O_RDONLY))",
     "OPENED CASE/victim.git/refs (openat)", "OPENED CASE/victim.git/refs/made (symlinkat)"),
    ("os.chmod(repository / 'leads/description', 0o600)",
     "OPENED CASE/victim.git/description (chmod)"),
    ("os.truncate(repository / 'leads/packed-refs', 0)",
     "OPENED CASE/victim.git/packed-refs (truncate)"),
    ("os.execv(repository / 'program', ['x']) if os.fork() == 0 else os.wait()",
     "STARTED CASE/evil"),
    ("socket.create_connection(listener.getsockname()).close()", "CONNECTED"),
]
HARMLESS = [
    ("open(repository / 'HEAD').close()",),
    ("open(repository / 'within').close()",),
    ("os.rename(repository / 'to-keep', repository / 'refs/kept')",),
    ("os.path.exists(victim / 'HEAD')",),
    ("tried(lambda: open(victim / 'not-there'))",),
    ("tried(lambda: os.open(repository / 'leads', os.O_RDONLY | os.O_NOFOLLOW))",),
]
BEGIN = """
import os, pathlib, socket, sys
case = pathlib.Path(sys.argv[1])
repository, victim = case / 'repository.git', case / 'victim.git'
listener = socket.create_server(('127.0.0.1', 0))
def tried(action):
    try:
        action()
        sys.exit('this should have failed')
    except OSError:
        pass
"""


def judge_actions(template, actions):
    """The judge's report about a process that does all of these."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as parent:
        place = Place(pathlib.Path(parent) / "case", template)
        place.link("leads", place.victim)
        place.link("within", "HEAD")
        place.link("program", place.evil)
        for file in (place.victim / "to-unlink", place.path / "to-move", place.path / "to-keep"):
            file.touch()
        log = place.folder / "trace"
        program = "\n".join([BEGIN, *(action for action, *_ in actions)])
        subprocess.run(["strace", "-f", *OPTIONS, "-o", log, sys.executable, "-S", "-E", "-c",
                        program, place.folder], check=True)
        judge = Judge(place.folder, [place.path], links_below(place.path))
        said = judge.wrong(read_trace(log))
    # Without Python's own files, and those of the shell that runs the program.
    return [line for line in said if "CASE/victim" in line or line.startswith("CONNECTED")
            or line == "STARTED CASE/evil"]


def control_rows(template):
    """(control, what is wrong with the judge's report) for each."""
    for what, actions in (("what is forbidden is seen", WRONG), ("the rest is not", HARMLESS)):
        said = judge_actions(template, actions)
        expected = [words for _, *expectations in actions for words in expectations]
        same = len(said) == len(expected) and all(map(str.startswith, said, expected))
        yield what, [] if same else [f"expected: {expected}", f"said: {said}"]
