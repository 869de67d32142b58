"""The words of truth.txt for the outcome of a client's visit."""
import re

# The messages to a refused client: exactly one of these.
TOLD = {
    "shut": r"Permission denied \(publickey\)",
    "git-only": r"esclusa: this door opens to git-upload-pack and git-receive-pack alone",
    "no-shell": r"esclusa: the key is known, but there is no shell here",
    "not-its": r"esclusa: there is no repository demo/\w+ that this deploy key opens",
    "no-push": r"esclusa: this deploy key may read demo/\w+, but not push to it",
    "archived": r"esclusa: demo/\w+ is registered as read-only: nobody pushes to it here",
}


def refusal(done):
    """The word for the way in which a client was refused."""
    found = [word for word, text in TOLD.items() if re.search(text, done.stderr)]
    if done.returncode != 0 and len(found) == 1:
        return found[0]
    return f"ended with {done.returncode}: {done.stdout[:200]!r} {done.stderr[-600:]!r}"


def done_or_refused(done, effect):
    """`ok` if it succeeded and had its effect; after a refusal there must be no effect."""
    if done.returncode != 0:
        return refusal(done) if not effect() else f"refused, and done: {done.stderr[-300:]!r}"
    return "ok" if effect() else f"said to be done, and not: {done.stderr[-300:]!r}"


def silent(done):
    """A refusal without any other output."""
    return refusal(done) if not done.stdout else f"printed {done.stdout[:200]!r}"
