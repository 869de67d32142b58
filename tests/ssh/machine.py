"""What the tests of git over SSH change on this machine: a system user and a folder of root.

    sys.exit(run_as_root("door", main))      # goes on under sudo, or says why it cannot

Both are named after the test's process, and are removed with it; leftovers of a killed test are
removed when the next one begins.
"""
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
from sshd import why_no_sshd  # noqa: E402

SKIPPED = 77
LIBEXEC = pathlib.Path("/usr/local/libexec")
FOLDER_PREFIX, USER_PREFIX = "esclusa-test-", "esclusa-t-"  # and the test's process id
SITE_PREFIX = "esclusa-ssh-test-"  # the temporary folder with the user's home and the server


def run_as_root(name, main):
    """Runs `main()` as root, with sudo if needed; returns the exit code. SKIPPED without root or
    sshd."""
    if os.geteuid() == 0:
        if reason := why_no_sshd():
            print(f"{name}: {reason}")
            return SKIPPED
        os.umask(0o022)
        # A signal lets it clean up, too.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        sweep()
        return main()
    may = shutil.which("sudo") and subprocess.run(
        ["sudo", "-n", "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0
    if not may:
        print(f"{name}: this starts an sshd that lets another user in, for which one must be root; "
              "there is no sudo without a password here")
        return SKIPPED
    return subprocess.run(["sudo", "-n", "env", f"ESCLUSA_BINARY={harness.BINARY}",
                           "PYTHONDONTWRITEBYTECODE=1", sys.executable, *sys.argv],
                          check=False).returncode


def sweep():
    """Removes the leftovers of killed tests."""
    for folder in LIBEXEC.glob(f"{FOLDER_PREFIX}*"):
        if not is_running(folder.name.removeprefix(FOLDER_PREFIX)):
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):  # it is not empty
                LIBEXEC.rmdir()
    for user in pwd.getpwall():
        number = user.pw_name.removeprefix(USER_PREFIX)
        if number != user.pw_name and not is_running(number):
            remove_user(user.pw_name)
            place = pathlib.Path(user.pw_dir).parent
            if place.name.startswith(SITE_PREFIX):
                shutil.rmtree(place, ignore_errors=True)


def is_running(pid):
    """Whether a process exists, and is not a zombie."""
    try:
        status = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def end_processes(uid):
    """Ends the processes of a user that a test has created."""
    for status in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if status.stat().st_uid == uid:
                os.kill(int(status.name), signal.SIGKILL)


def change_users(*command):
    """useradd and userdel; they fail instead of waiting for each other."""
    end = time.monotonic() + 30
    while True:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode == 0 or "cannot lock" not in done.stderr or time.monotonic() > end:
            return done
        time.sleep(0.05)


def remove_user(name):
    with contextlib.suppress(KeyError):
        uid = pwd.getpwnam(name).pw_uid
        end = time.monotonic() + 10
        while time.monotonic() < end:
            end_processes(uid)
            done = change_users("userdel", name)
            if done.returncode != 8:  # the user has processes
                break
        assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def installed_programs():
    """Copies of esclusa and esclusa-ssh in a folder that only root can change; returns both
    paths."""
    made = not LIBEXEC.exists()
    folder = LIBEXEC / f"{FOLDER_PREFIX}{os.getpid()}"
    try:
        folder.mkdir(mode=0o755, parents=True)
        program, helper = folder / "esclusa", folder / "esclusa-ssh"
        shutil.copy(harness.BINARY, program)
        shutil.copy(harness.SSH_PROGRAM, helper)
        yield program, helper
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if made:
            with contextlib.suppress(OSError):  # another test may use it now
                LIBEXEC.rmdir()


@contextlib.contextmanager
def system_user(home):
    """A user for git over SSH; returns its passwd entry."""
    name = f"{USER_PREFIX}{os.getpid()}"
    done = change_users("useradd", "--system", "--user-group", "--no-create-home", "--home-dir",
                        str(home), "--shell", "/bin/sh", name)
    assert done.returncode == 0, done.stderr
    try:
        user = pwd.getpwnam(name)
        home.mkdir(mode=0o700)
        os.chown(home, user.pw_uid, user.pw_gid)
        yield user
    finally:
        remove_user(name)
