"""Place: the place where a hostile repository is made, and the tools for it.

    template = make_template(folder)
    place = Place(folder / "case", template)
    place.configure('[core]\\n fsmonitor = "EVIL"')
    place.link("refs/heads/x", place.victim / "refs/heads/main")

The repository is bare and has an ordinary history until a case changes it:

    main        1 ── 2 (v1.0, an annotated tag) ── 3     the first line of app.txt is changed
    topic       └── 4                                    the last line is: merges cleanly
    clash       └── 5                                    the first line is: conflicts with main

1 and 2 are in a pack, later objects are loose. Next to it are a repository that nobody may touch
(the victim), and a program that leaves a mark when it runs (EVIL).
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Repository, clean_environment  # noqa: E402

LINES = [f"line {number}\n" for number in range(30)]
SECRET = "what nobody may see\n"


def text_with(**changed):
    """app.txt with its first or last line changed."""
    return "".join([changed.get("first", LINES[0]), *LINES[1:-1], changed.get("last", LINES[-1])])


def make_template(folder):
    """Makes the ordinary repository and the victim in a folder, from which each case is copied."""
    work = Repository(folder / "work")
    work.commit("One", {"app.txt": text_with(), "README": "An application.\n"})
    work.git("branch", "topic")
    work.git("branch", "clash")
    work.commit("Two", {"README": "A better application.\n"})
    work.git("tag", "-a", "v1.0", "-m", "The first release")
    work.git("repack", "-q", "-a", "-d")
    work.git("pack-refs")  # the tag
    work.commit("Three", {"app.txt": text_with(first="a first line of main\n")})
    for branch, changed in (("topic", {"last": "a last line of topic\n"}),
                            ("clash", {"first": "a first line of clash\n"})):
        work.git("switch", "-q", branch)
        work.commit(f"A change on {branch}", {"app.txt": text_with(**changed)})
    work.git("switch", "-q", "main")
    # Copied as files: a push would pack or unpack the objects.
    shutil.copytree(work.path / ".git", folder / "repository.git")
    bare = folder / "repository.git"
    (bare / "index").unlink()
    subprocess.run(["git", "-C", bare, "config", "core.bare", "true"], check=True)
    victim = Repository(folder / "victim-work")
    victim.commit("Secret", {"secret.txt": SECRET})
    victim.commit("Secret too", {"secret.txt": SECRET * 2})
    victim.git("branch", "hidden")
    victim.git("clone", "-q", "--bare", str(victim.path), str(folder / "victim.git"))
    victim.git("-C", str(folder / "victim.git"), "repack", "-a", "-d", "-q")  # links lead to packs
    (folder / "victim.git/refs/heads/main").write_text(victim.sha("main") + "\n")
    return folder


def digest(folder):
    """A digest of the content and attributes of a folder: it changes with any change in it."""
    whole = hashlib.sha256()
    for parent, names, files in os.walk(folder):
        names.sort()
        for name in sorted([*names, *files]):
            path = os.path.join(parent, name)
            state = os.lstat(path)
            whole.update(repr((path, state.st_mode, state.st_uid, state.st_gid, state.st_size,
                               state.st_mtime_ns)).encode("utf-8", "surrogateescape"))
            if os.path.isfile(path) and not os.path.islink(path):
                whole.update(pathlib.Path(path).read_bytes())
    return whole.hexdigest()


class Place:
    """The folder of a case, with its own copies."""

    def __init__(self, folder, template):
        self.folder = folder
        folder.mkdir()
        self.path = folder / "repository.git"
        self.victim = folder / "victim.git"
        for target in (self.path, self.victim):
            shutil.copytree(template / target.name, target, symlinks=True)
        self.source = template / "work"  # an ordinary clone; nobody writes into it
        self.mark = folder / "marked"
        self.evil = folder / "evil"
        self.evil.write_text(f'#!/bin/sh\necho "$0 $*" >>{self.mark}\n')
        self.evil.chmod(0o755)
        self.server_data = None  # set once the server exists

    def git(self, *arguments, repository=None, given=None):
        """Runs git in the repository; returns its output."""
        done = subprocess.run(
            ["git", "-C", repository or self.path, *map(str, arguments)], check=True, input=given,
            stdout=subprocess.PIPE, env=clean_environment({
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_NAME": "Eve", "GIT_AUTHOR_EMAIL": "eve@example.org",
                "GIT_COMMITTER_NAME": "Eve", "GIT_COMMITTER_EMAIL": "eve@example.org"}))
        return done.stdout.decode(errors="surrogateescape").strip()

    def sha(self, revision, repository=None):
        return self.git("rev-parse", "--verify", revision, repository=repository)

    def spell(self, text):
        """Replaces the names of places in a text by their paths."""
        return (text.replace("EVIL", str(self.evil)).replace("VICTIM", str(self.victim))
                .replace("CASE", str(self.folder)))

    def write(self, name, content):
        """Writes a file of the repository or, with an absolute name, another file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(self.spell(content), encoding="utf-8")
        return file

    def configure(self, text):
        with open(self.path / "config", "a", encoding="utf-8") as file:
            file.write(self.spell(text) + "\n")

    def remove(self, name):
        path = self.path / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def link(self, name, target):
        """Replaces whatever has the name by a symbolic link."""
        self.remove(name)
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(target, self.path / name)

    def move_out(self, name):
        """Moves something out of the repository, and leaves a symbolic link to it."""
        outside = self.folder / "elsewhere" / name.replace("/", "-")
        outside.parent.mkdir(exist_ok=True)
        shutil.move(self.path / name, outside)
        os.symlink(outside, self.path / name)

    def fifo(self, name):
        self.remove(name)
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(self.path / name)

    def object_file(self, sha):
        return f"objects/{sha[:2]}/{sha[2:]}"

    def hash_object(self, kind, content):
        """Writes an object with any content; returns its name."""
        return self.git("hash-object", "-t", kind, "-w", "--stdin", "--literally", given=content)

    def pack_file(self, suffix):
        """The name of the only pack, or of its index."""
        [file] = (self.path / "objects/pack").glob(f"*.{suffix}")
        return f"objects/pack/{file.name}"
