#!/usr/bin/env python3
"""spawn_all: runs the forced command once for each of many values of SSH_ORIGINAL_COMMAND.

    spawn_all.py UID GID VALUES RESULTS COMMAND…

VALUES is a file of lines of base64, RESULTS gets a line of JSON for each: exit code, standard
output and standard error. It starts only the command, as another user; commands.py runs it under
strace, which shows what the commands start.
"""
import base64
import concurrent.futures
import json
import os
import subprocess
import sys

AT_ONCE = 2


def run(command, value):
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True,
                          env={b"PATH": b"/usr/bin:/bin", b"SSH_ORIGINAL_COMMAND": value},
                          timeout=120)
    return json.dumps([done.returncode, done.stdout.decode("latin-1"),
                       done.stderr.decode("latin-1")])


def main():
    uid, gid, values, results, *command = sys.argv[1:]
    with open(values, "rb") as file:
        asked = [base64.b64decode(line) for line in file]
    with open(results, "w", encoding="ascii") as file, \
            concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
        for result in pool.map(lambda value: run(command, value), asked):
            file.write(result + "\n")


if __name__ == "__main__":
    main()
