"""The table of kinds: how each is made, and what is to come of it.

    @kind("a program as merge driver", merge="202")
    def driver_in_config(place): ...

An outcome is written by hand for each step that is otherwise than on an ordinary repository
(ORDINARY). The repository is registered before it becomes hostile, under two names, and once more
afterwards, under two others.
"""
import dataclasses
from collections.abc import Callable

AUTO_MERGE = " (auto_merge)"  # at the end of a ref that is deployed with it

NOT_FOUND = "422 ref_not_found"
UNREADABLE = "503 repository_unreadable"
UNSAFE = "503 repository_unsafe"
NO_DEFAULT_BRANCH = "409 default_branch_missing"
API = "branches tags commits compare victim deploy keep merge again clash"

# step → the words for what comes of it; … at their end stands for whatever follows. Answers of the
# API are the status and the reason_code, and for lists what is in them.
ORDINARY = {
    # registered as it is now
    "add": "ok", "add_writable": "ok",
    # registered before, as read-only: nothing in the repository changes
    "branches": "200 clash main topic", "tags": "200 v1.0", "commits": "200: 3",
    "compare": "200: 1", "victim": "422 commit_not_found", "read": "ok",
    "deploy": "201", "fetch": "ok", "unchanged": "yes",
    # registered before, as writable
    "keep": "201", "kept": "yes", "merge": "202", "again": "201",
    "clash": "409 merge_conflict", "push": "ok",
    # afterwards: a deployment in another repository, and the server's end
    "healthy": "201", "stop": "0",
}


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    make: Callable  # takes a Place
    expected: dict  # step → words
    refs: dict  # ref to deploy → words, beside main and topic
    in_sample: bool
    needs_root: bool
    before: Callable  # takes the Place: made before the repository is registered
    alternates: list  # object folders below the case's own, which are declared
    afterwards: Callable  # takes the Place, gives what is wrong with it


KINDS = {}


def each(words, *steps):
    """The same words for several steps."""
    return dict.fromkeys(" ".join(steps).split(), words)


def refused(words):
    """Registration is refused."""
    return each(f"esclusa: CASE/repository.git{words}…", "add add_writable")


def closed(words):
    """The SSH door does not serve it."""
    return each(f"esclusa: {words}…", "fetch push")


def is_as_expected(outcome, words):
    """`words` may be several, of which one must do: git says it otherwise where it is confined."""
    if isinstance(words, tuple):
        return any(is_as_expected(outcome, each) for each in words)
    return outcome.startswith(words[:-1]) if words.endswith("…") else outcome == words


def kind(*, refs=None, sample=False, needs_root=False, before=lambda place: None, alternates=(),
         afterwards=lambda place: (), **otherwise):
    """Puts a function into the table under its own name."""
    unknown = set(otherwise) - set(ORDINARY)
    assert not unknown, f"there is no step {unknown}"

    def add(make):
        KINDS[make.__name__] = Kind(make.__name__, make, ORDINARY | otherwise, refs or {}, sample,
                                    needs_root, before, list(alternates), afterwards)
        return make
    return add


@kind(sample=True)
def ordinary(_place):
    """What the others are compared with: it says which files and programs are usual."""
