"""The kernels under which the server may run: with Landlock as on this machine, as with Debian
12's own kernel, and without Landlock."""
import ctypes
import pathlib
import re
import shutil
import subprocess

SHIM = pathlib.Path(__file__).with_name("landlock_version_2.cc")
RULESET = re.compile(r"landlock_create_ruleset\(\{[^}]*\}, (\d+), 0\) += (-?\d+)")


class Mode:
    """`strace` has options for it. `is_right(sizes)` judges from the sizes of the created rulesets
    (None for a refused one) whether this mode was really active."""

    def __init__(self, strace=(), is_right=None):
        self.strace, self.is_right = list(strace), is_right


def make_modes(folder):
    """mode → Mode; creates what they need in a folder."""
    shim = folder / "landlock_version_2.so"
    subprocess.run(["g++", "-shared", "-fPIC", "-O1", "-o", shim, SHIM, "-ldl"], check=True)
    return {
        "landlock": Mode([], lambda sizes: sizes and None not in sizes and min(sizes) > 8),
        "version2": Mode(["-E", f"LD_PRELOAD={shim}"], lambda sizes: sizes == {8}),
        "none": Mode(["-e", "inject=landlock_create_ruleset:error=ENOSYS"],
                     lambda sizes: sizes <= {None}),
    }


MODE_NAMES = ["landlock", "version2", "none"]


def ruleset_sizes(traces):
    """The sizes of all rulesets in traces; None for each refused one."""
    return {int(size) if int(result) >= 0 else None
            for trace in traces for size, result in RULESET.findall(trace.read_text("latin-1"))}


def why_not(name):
    """Why a mode is not possible here; None if it is."""
    if name != "none" and landlock_version() <= 0:
        return "this machine's kernel has no Landlock"
    if name == "version2" and not shutil.which("g++"):
        return "g++ is not installed"
    return None


def landlock_version():
    """The kernel's version of Landlock; 0 or less if it has none."""
    create_ruleset, ask_for_the_version = 444, 1
    return ctypes.CDLL(None, use_errno=True).syscall(create_ruleset, None, 0, ask_for_the_version)
