#!/usr/bin/env python3
"""as_unit: does what systemd does with a unit of ours, where none runs, and starts its command.

    as_unit.py ROOT UNIT_FILE [NAME=VALUE...]

In the root folder, and in the mount namespace that it is started in: the file systems read-only
but for the folders of the service (ProtectSystem=strict), its user, umask, environment and
descriptors, no new privileges, no capabilities, and filters of system calls, address families,
namespaces and writable code. The command line is the unit's own. A setting of the unit that is not
known here is an error, so that none is forgotten. Further variables come from the arguments.
"""
import ctypes
import errno
import os
import pathlib
import pwd
import resource
import shlex
import subprocess
import sys

import seccomp  # python3-seccomp, of the system's own Python

# Settings that say what systemd does before or after, or that show in nothing that runs here.
WITHOUT_EFFECT_HERE = {
    "Type", "Group", "ExecReload", "Restart", "RestartSec", "RestartPreventExitStatus",
    "TimeoutStopSec", "TimeoutStartSec", "LoadCredential", "StateDirectoryMode",
    "RuntimeDirectoryMode", "PrivateDevices", "PrivateIPC", "PrivateMounts", "PrivateTmp",
    "ProtectClock", "ProtectControlGroups", "ProtectHome", "ProtectHostname",
    "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectProc",
    "RemoveIPC", "KeyringMode", "CapabilityBoundingSet", "AmbientCapabilities",
    "SystemCallArchitectures", "SystemCallErrorNumber",
}
APPLIED = {
    "User", "ExecStart", "WatchdogSec", "LimitNOFILE", "StateDirectory", "RuntimeDirectory",
    "ProtectSystem", "NoNewPrivileges", "LockPersonality", "MemoryDenyWriteExecute",
    "RestrictNamespaces", "RestrictRealtime", "UMask", "RestrictAddressFamilies",
    "SystemCallFilter",
}
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
NAMESPACES = 0x7E020080  # every CLONE_NEW* flag
PROT_EXEC, PROT_WRITE = 4, 2
PR_SET_NO_NEW_PRIVS = 38
FIRST_DESCRIPTOR = 3  # of those that are handed over


def read_service(file):
    """The section [Service]: name → the list of its values."""
    settings, section = {}, ""
    for line in pathlib.Path(file).read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            settings.setdefault(name, []).append(value)
    return settings


def expand(name):
    """A system call, or the calls of a set of systemd's."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], check=True,
                            stdout=subprocess.PIPE, text=True).stdout.splitlines()
    calls = set()
    for line in listed[1:]:
        word = line.strip()
        if word and not word.startswith("#"):
            calls |= expand(word)
    return calls


def allowed_calls(filters):
    """As systemd reads the lines: the first one decides, the others add, or with `~` take away."""
    allowed = set()
    for line in filters:
        calls = set().union(*(expand(name) for name in line.removeprefix("~").split()))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def load_filter(calls, families):
    """From here on the kernel refuses what the unit forbids, as systemd tells it."""
    def call(name, *conditions):
        try:
            rules.add_rule_exactly(action, name, *conditions)
        except (RuntimeError, ValueError, OSError):
            pass  # a call of another architecture, or one that libseccomp does not know

    # A filter for each kind of settings: the strictest answer of all counts.
    rules, action = seccomp.SyscallFilter(seccomp.ALLOW), seccomp.ERRNO(errno.EAFNOSUPPORT)
    known = {FAMILIES[name] for name in families}
    for family in set(range(46)) - known:
        call("socket", seccomp.Arg(0, seccomp.EQ, family))
    action = seccomp.ERRNO(errno.EPERM)
    for bit in (1 << n for n in range(32) if NAMESPACES >> n & 1):
        for name in ("clone", "unshare"):
            call(name, seccomp.Arg(0, seccomp.MASKED_EQ, bit, bit))
    call("setns")
    action = seccomp.ERRNO(errno.ENOSYS)  # its flags are in memory; glibc then calls clone
    call("clone3")
    action = seccomp.ERRNO(errno.EPERM)
    both = PROT_EXEC | PROT_WRITE
    call("mmap", seccomp.Arg(2, seccomp.MASKED_EQ, both, both))
    for name in ("mprotect", "pkey_mprotect"):
        call(name, seccomp.Arg(2, seccomp.MASKED_EQ, PROT_EXEC, PROT_EXEC))
    call("shmat", seccomp.Arg(2, seccomp.MASKED_EQ, 0o100000, 0o100000))
    call("personality", seccomp.Arg(0, seccomp.NE, 0))
    for policy in (1, 2):  # SCHED_FIFO, SCHED_RR
        call("sched_setscheduler", seccomp.Arg(1, seccomp.EQ, policy))
    rules.load()
    # The last one, since it also forbids to load a filter.
    rules, action = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM)), seccomp.ALLOW
    for name in sorted(calls):
        call(name)
    rules.load()


def make_folder(root, base, name, user):
    """StateDirectory= and RuntimeDirectory=: made, owned, writable; returns its path inside."""
    inside = pathlib.Path(base, name)
    folder = pathlib.Path(root, *inside.parts[1:])
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o700 if base == "/var/lib" else 0o755)
    os.chown(folder, user.pw_uid, user.pw_gid)
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    return str(inside)


def protect(root, writable):
    """ProtectSystem=strict, with a /tmp of its own (PrivateTmp=)."""
    for mount in ("", "dev", "proc"):
        subprocess.run(["mount", "-o", "remount,bind,ro", os.path.join(root, mount)], check=True)
    for folder in writable:
        subprocess.run(["mount", "-o", "remount,bind,rw", folder], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", f"{root}/tmp"], check=True)


def user_of(root, name):
    """The user as the root folder knows it."""
    for line in pathlib.Path(root, "etc/passwd").read_text().splitlines():
        fields = line.split(":")
        if fields[0] == name:
            return pwd.struct_passwd([*fields[:2], int(fields[2]), int(fields[3]), *fields[4:]])
    raise SystemExit(f"as_unit: there is no user {name}")


def main():
    root, file, *more = sys.argv[1:]
    settings = read_service(file)
    if unknown := set(settings) - WITHOUT_EFFECT_HERE - APPLIED:
        raise SystemExit(f"as_unit: settings that are not known here: {', '.join(unknown)}")
    user = user_of(root, settings["User"][0])
    state = make_folder(root, "/var/lib", settings["StateDirectory"][0], user)
    runtime = make_folder(root, "/run", settings["RuntimeDirectory"][0], user)
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
                   "USER": user.pw_name, "HOME": user.pw_dir, "LANG": "C.UTF-8",
                   "STATE_DIRECTORY": state, "RUNTIME_DIRECTORY": runtime,
                   **dict(word.split("=", 1) for word in more)}
    descriptors = int(settings["LimitNOFILE"][0])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(descriptors, hard),) * 2)
    protect(root, [pathlib.Path(root, *pathlib.Path(name).parts[1:]) for name in (state, runtime)])
    os.umask(int(settings["UMask"][0], 8))
    # Asked of systemd-analyze, which is not in the root folder.
    calls = allowed_calls(["@default", *settings["SystemCallFilter"]])
    os.chroot(root)
    os.chdir("/")
    os.setgroups([user.pw_gid])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise SystemExit("as_unit: the kernel does not take new privileges away")
    command = shlex.split(settings["ExecStart"][0])
    load_filter(calls, settings["RestrictAddressFamilies"][0].split())
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    main()
