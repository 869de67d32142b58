"""What the tests of auto-merge under kill share: repositories, and an audit from outside.

The audit reads only git and the database, and never asks the server: where a branch is, what an
intent says about it, and what followed from it.
"""
import dataclasses
import json
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

import harness
import stored_bodies


@dataclasses.dataclass
class Case:
    """A bare repository on the server, the former tips of its branches, and the answers to
    clients."""
    name: str
    path: pathlib.Path
    tips: dict          # branch → its former commit
    main: str
    created: int = 0    # requests that were answered with 201
    maybe: int = 0      # requests without an answer, which may have created one

    @property
    def deployments(self):
        return f"/repos/demo/{self.name}/deployments"

    def git(self, *arguments, check=True):
        done = subprocess.run(["git", "-C", str(self.path), *arguments], check=check, text=True,
                              env=harness.clean_environment(), stdin=subprocess.DEVNULL,
                              capture_output=True)
        return done.stdout.strip()

    def tip(self, branch):
        return self.git("rev-parse", "--verify", f"refs/heads/{branch}")

    def locks(self):
        return sorted(self.path.rglob("*.lock"))

    def temporary_objects(self):
        return sorted((self.path / "objects").glob("*/tmp_obj_*"))


class Template:
    """The repository that each case gets a copy of: its branches are behind main."""

    def __init__(self, folder, branches):
        self._folder = pathlib.Path(folder)
        made = harness.Repository(self._folder / "made")
        made.commit("Open the shop", {"index.html": "one\n"})
        for branch in branches:
            made.git("branch", branch)
        made.commit("Sell bread", {"index.html": "two\n"})
        for branch in branches:
            made.git("switch", "-q", branch)
            made.commit(f"Work on {branch}", {f"{branch}.html": "new\n"})
        made.git("switch", "-q", "main")
        self._bare = self._folder / "bare.git"
        made.git("clone", "-q", "--bare", str(made.path), str(self._bare))
        self._tips = {branch: made.sha(branch) for branch in branches}
        self._main = made.sha("main")

    def add_case(self, server, name):
        """A fresh copy, added to the running server."""
        path = self._folder / f"{name}.git"
        shutil.copytree(self._bare, path)
        case = Case(name, path, dict(self._tips), self._main)
        server.add_repository(f"demo/{name}", case, "--writable", "--private")
        return case


# ------------------------------------------------------------------ the database

def read_intents(database, case):
    """The intents of the case's merges as rows (id, ref, from_sha, to_sha, outcome)."""
    return database.execute(
        "select i.id, i.ref, i.from_sha, i.to_sha, i.outcome from ref_intent i "
        "join repository r on r.id = i.repository_id where r.name = ? and i.session is null "
        "order by i.id",
        (case.name,)).fetchall()


def read_pushes(database, case):
    """The branch and the new commit of each push event of the case."""
    rows = stored_bodies.add_to(database).execute(
        f"select {stored_bodies.BODY} from event e join event_body b on b.event_id = e.id "
        "join repository r on r.id = e.repository_id where r.name = ? and e.kind = 'push'",
        (case.name,)).fetchall()
    bodies = [json.loads(body) for body, in rows]
    return [(body["ref"], body["after"]) for body in bodies]


def count_rows(database, table, case):
    return database.execute(
        f"select count(*) from {table} t join repository r on r.id = t.repository_id "
        "where r.name = ?", (case.name,)).fetchone()[0]


def read_killed(data, read):
    """`read` of a copy of the data of a killed server, because opening it would change
    it."""
    with tempfile.TemporaryDirectory(prefix="esclusa-killed-") as folder:
        for suffix in ("", "-wal"):
            file = pathlib.Path(f"{data / 'esclusa.db'}{suffix}")
            if file.exists():
                shutil.copy(file, folder)
        database = sqlite3.connect(pathlib.Path(folder) / "esclusa.db")
        try:
            return read(database)
        finally:
            database.close()


def read_stopped(data, read):
    """`read` of a stopped server's database."""
    database = sqlite3.connect(f"file:{data / 'esclusa.db'}?mode=ro", uri=True)
    try:
        return read(database)
    finally:
        database.close()


# ------------------------------------------------------------------ the audit

def merge_complaints(case, branch, old):
    """A branch is at its former commit, or at one merge of that commit with main."""
    tip = case.tip(branch)
    if tip == old or case.git("show", "-s", "--format=%P", tip) == f"{old} {case.main}":
        return []
    return [f"{branch} is at {tip}, which is no merge of {old} with main"]


def intent_complaints(case, database):
    """Each intent agrees with its branch, and each move has one audit row and one event."""
    found, moved = [], {}
    pushes = read_pushes(database, case)
    for number, branch, _, to_sha, outcome in read_intents(database, case):
        has_it = to_sha == case.git("rev-parse", "--verify", branch)
        audits = database.execute("select count(*) from audit where action = 'branch.merge' and "
                                  "target_id = ?", (number,)).fetchone()[0]
        if outcome == "open":
            found.append(f"the intent of {branch} is still open")
        elif (outcome == "moved") != has_it:
            found.append(f"the intent of {branch} is {outcome}, "
                         f"and the branch {'has' if has_it else 'has not'} its commit")
        if audits != (1 if has_it else 0):
            found.append(f"{audits} audit rows of the merge into {branch}, "
                         f"which {'happened' if has_it else 'did not happen'}")
        events = pushes.count((branch, to_sha))
        if events != (1 if has_it else 0):
            found.append(f"{events} push events of the merge into {branch}, "
                         f"which {'happened' if has_it else 'did not happen'}")
        if has_it:
            moved[branch] = moved.get(branch, 0) + 1
    for branch, old in case.tips.items():
        count = moved.get(f"refs/heads/{branch}", 0)
        if count != (case.tip(branch) != old):
            found.append(f"{count} intents for where {branch} is")
    return found


def row_complaints(case, database):
    """A merge creates neither a deployment nor a deployment event."""
    found = []
    for table in ("deployment", "(select * from event where kind = 'deployment')"):
        count = count_rows(database, table, case)
        if not case.created <= count <= case.created + case.maybe:
            found.append(f"{count} rows in {table}, and {case.created} creates were answered")
    return found


def left_complaints(case):
    """`git gc` removes what a killed merge has left; tried in a copy, because it would hide
    other errors."""
    if not case.temporary_objects():
        return []
    with tempfile.TemporaryDirectory(prefix="esclusa-gc-") as folder:
        copy = dataclasses.replace(case, path=pathlib.Path(folder) / "copy.git")
        shutil.copytree(case.path, copy.path)
        copy.git("gc", "-q", "--prune=now")
        return [f"git gc leaves {left.name}" for left in copy.temporary_objects()]


def fsck_complaints(case):
    done = subprocess.run(["git", "-C", str(case.path), "fsck", "--strict", "--no-dangling"],
                          check=False, env=harness.clean_environment(), text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    said = [line for line in (done.stdout + done.stderr).splitlines()
            if not line.startswith("Checking ")]
    return [f"git fsck: {line}" for line in said] or (["git fsck fails"] if done.returncode else [])


def complaints(case, data):
    """All differences between git and the stopped server's database in a case."""
    found = [text for branch, old in case.tips.items()
             for text in merge_complaints(case, branch, old)]
    found += read_stopped(data, lambda database: intent_complaints(case, database)
                          + row_complaints(case, database))
    return found + left_complaints(case) + fsck_complaints(case)
