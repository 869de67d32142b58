"""The table of kinds: how to make each, and the expected results.

    @kind("a program as merge driver", merge="202")
    def driver_in_config(place): ...

The outcome of each step that differs from an ordinary repository (ORDINARY) is written by hand.
The repository is registered under two names before it becomes hostile, and under two others
afterwards.
"""
import dataclasses
from collections.abc import Callable

AUTO_MERGE = " (auto_merge)"  # ends a ref that is deployed with auto_merge

NOT_FOUND = "422 ref_not_found"
UNREADABLE = "503 repository_unreadable"
UNSAFE = "503 repository_unsafe"
NO_DEFAULT_BRANCH = "409 default_branch_missing"
API = "branches tags commits compare victim deploy keep merge again clash"

# step → the words for its outcome; … at the end stands for any continuation. Answers of the API are
# the status and the reason_code, and for lists their content.
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
    before: Callable  # takes the Place: runs before the repository is registered
    alternates: list  # declared object folders below the case's folder
    afterwards: Callable  # takes the Place, returns the errors


KINDS = {}


def each(words, *steps):
    """The same words for several steps."""
    return dict.fromkeys(" ".join(steps).split(), words)


def refused(words):
    """Registration is refused."""
    return each(f"esclusa: CASE/repository.git{words}…", "add add_writable")


def closed(words):
    """It cannot be used over SSH."""
    return each(f"esclusa: {words}…", "fetch push")


def is_as_expected(outcome, words):
    """`words` may be several texts, one of which must match: confined git has other messages."""
    if isinstance(words, tuple):
        return any(is_as_expected(outcome, each) for each in words)
    return outcome.startswith(words[:-1]) if words.endswith("…") else outcome == words


def kind(*, refs=None, sample=False, needs_root=False, before=lambda place: None, alternates=(),
         afterwards=lambda place: (), **otherwise):
    """Adds a function to the table under its own name."""
    unknown = set(otherwise) - set(ORDINARY)
    assert not unknown, f"there is no step {unknown}"

    def add(make):
        KINDS[make.__name__] = Kind(make.__name__, make, ORDINARY | otherwise, refs or {}, sample,
                                    needs_root, before, list(alternates), afterwards)
        return make
    return add


@kind(sample=True)
def ordinary(_place):
    """The others are compared with it: it shows which files and programs are usual."""
