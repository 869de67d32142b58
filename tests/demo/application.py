"""What the demonstration deploys."""
import pathlib
import subprocess

import harness

DEPLOY_SCRIPT = """\
#!/bin/sh
# Copies the application into the folder that it is given: "your server".
set -eu
target=$1
echo "Deploying $ESCLUSA_REF ($ESCLUSA_SHA) to $ESCLUSA_ENVIRONMENT"
sh ./check.sh
mkdir -p "$target"
cp index.html prices.txt "$target/"
echo "Copied index.html and prices.txt"
"""
GOOD_CHECK = 'echo "Checking prices.txt: $(wc -l <prices.txt) lines, all with a price"\n'
BAD_CHECK = """\
echo "Checking prices.txt"
echo "prices.txt:2: cheese has no price" >&2
exit 1
"""
# For somebody's own repository (--repo), which need not have a deploy command.
COPY_SCRIPT = """\
#!/bin/sh
# The demonstration's own deploy command: copies the checkout into "your server".
set -eu
target=$1
echo "Deploying $ESCLUSA_REF ($ESCLUSA_SHA) to $ESCLUSA_ENVIRONMENT"
if [ "$ESCLUSA_TASK" = deploy:broken ]; then
  echo "This release is meant to fail." >&2
  exit 1
fi
mkdir -p "$target"
tar -c --exclude=./.git . | tar -x -C "$target"
echo "Copied $(find "$target" -type f | wc -l) files"
"""


class DemoError(Exception):
    """Something expected did not happen; the message says what."""


def make(folder):
    """A shop with two releases, and a third release that fails its own check."""
    repository = harness.Repository(folder / "shop")
    repository.commit("Open the shop", {"index.html": "<h1>Bread</h1>\n",
                                        "prices.txt": "bread 3.20\n", "check.sh": GOOD_CHECK})
    repository.commit("Say how it is deployed", {"deploy.sh": DEPLOY_SCRIPT}, ["deploy.sh"])
    repository.git("tag", "-a", "v1.0", "-m", "The first release")
    repository.git("switch", "-q", "-c", "release/two")
    repository.commit("Sell cheese", {"index.html": "<h1>Bread and cheese</h1>\n",
                                      "prices.txt": "bread 3.20\ncheese 7.90\n"})
    repository.git("switch", "-q", "-c", "broken")
    repository.commit("Forget a price", {"prices.txt": "bread 3.20\ncheese\n",
                                         "check.sh": BAD_CHECK})
    repository.git("switch", "-q", "main")
    return repository.path, ["./deploy.sh"]


def clone(folder, source):
    """A bare clone of the user's own repository, so that the original is only read."""
    path = folder / "application.git"
    done = subprocess.run(["git", "clone", "-q", "--bare", "--no-hardlinks", source, str(path)],
                          check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise DemoError(f"git clone of {source}: {done.stderr.strip()}")
    script = folder / "copy-to-your-server"
    script.write_text(COPY_SCRIPT)
    script.chmod(0o755)
    return path, [str(script)]


def git(path, *arguments):
    return subprocess.run(["git", "-C", str(path), *arguments], check=True, capture_output=True,
                          text=True).stdout.strip()


def releases(path, is_own):
    """Three (ref, task): two that succeed, and one that fails."""
    if not is_own:
        return [("main", "deploy"), ("release/two", "deploy"), ("broken", "deploy")]
    first = git(path, "symbolic-ref", "--short", "HEAD")
    others = git(path, "for-each-ref", "--sort=-creatordate", "--format=%(refname:short)",
                 "refs/heads", "refs/tags").splitlines()
    second = next((ref for ref in others if ref != first), first)
    return [(first, "deploy"), (second, "deploy"), (first, "deploy:broken")]
