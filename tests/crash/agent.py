#!/usr/bin/env python3
"""agent: kills the agent in the middle of its runs, fills its disk, and counts final statuses.

A real server and a real agent, in webhook and in pull mode. Two thirds of the kills happen at a
system call by which the agent writes (strace sends SIGKILL before the K-th call of a kind; one
undisturbed run tells how many there are), the others after a random time. The agent's work folder
is on a small disk of its own (a tmpfs in a mount namespace), which is filled before or during a
run, with and without a kill. After each disturbance the agent is started again, and the next
deployment goes to the same environment.

Then each deployment is checked: its final statuses at the server, how often its command was
started, the agent's record. Exit code 1 if a run has two final statuses, was started twice, never
ended, or has another status than the recorded one; 77 if strace or mounts do not work here.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
import merges  # noqa: E402

CALLS = ["write", "fsync", "rename", "renameat2", "mkdir", "unlink", "unlinkat", "rmdir", "symlink",
         "sendto", "sendmsg"]
FINAL = ("success", "failure", "error")
DISK_BYTES = 4 << 20
PATIENCE = 90  # seconds until a run counts as stuck
SECRET = "It's a Secret to Everybody"
IN_NAMESPACE = "--in-namespace"


class Agent:
    """`esclusa agent` with one entry; its work folder is on a disk of its own."""

    def __init__(self, folder, server, repository, token, pull):
        self.folder, self.server, self.pull = folder, server, pull
        self.repository = repository
        self.disk = folder / "disk"
        self.starts = folder / "starts"
        self.process, self.port = None, 0
        self.disk.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs",
                        str(self.disk)], check=True)
        (folder / "token").write_text(token)
        (folder / "secret").write_text(SECRET)
        self.entry = {"repository": "demo/" + folder.name, "git": str(repository.path),
                      "environment": "staging", "secret_file": "secret",
                      "command": ["sh", "-c", f"echo $ESCLUSA_DEPLOYMENT_ID >>'{self.starts}'; "
                                              "cat index.html; sleep 0.05"]}

    def write_config(self):
        lines = ['mode = "pull"' if self.pull else f'listen = "127.0.0.1:{self.port}"',
                 'token_file = "token"', 'work = "disk/work"', f'server = "{self.server.url}"',
                 "[[deploy]]", *(f"{key} = {json.dumps(value)}" for key, value in
                                 self.entry.items())]
        (self.folder / "agent.toml").write_text("\n".join(lines) + "\n")

    def start(self):
        """Starts it unless it runs. False if it does not start, for example because the disk is
        full."""
        if self.process and self.process.poll() is None:
            return True
        self.write_config()
        with open(self.folder / "agent.log", "ab") as log:
            self.process = subprocess.Popen(
                [*harness.DIES_WITH_PARENT, harness.BINARY, "agent", "--config",
                 str(self.folder / "agent.toml")], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, text=True, env=harness.clean_environment())
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            return False
        if not self.pull:
            self.port = int(re.search(r":(\d+)/", line)[1])
        return True

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def fill(self, left):
        """Fills its disk, except for `left` bytes."""
        filler = self.disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
            file.truncate(max(0, file.tell() - left))

    def empty(self):
        (self.disk / "filler").unlink(missing_ok=True)

    def record(self, deployment):
        """The agent's record of a run; None if there is none."""
        path = self.disk / f"work/runs/{self.entry['repository']}/{deployment}/run.json"
        return json.loads(path.read_text()) if path.exists() else None


class World:
    """One mode: a repository, an agent, and all created deployments."""

    def __init__(self, server, folder, pull, token, chance):
        name = "pull" if pull else "webhook"
        self.name, self.chance = name, chance
        repository = harness.make_repository(server.folder, name)
        server.add_repository(f"demo/{name}", repository, "--writable")
        server.cli("repo", "grant", f"demo/{name}", "agent", "write")
        self.api = server.api()
        self.path = f"/repos/demo/{name}/deployments"
        self.agent = Agent(folder / name, server, repository, token, pull)
        self.made, self.stuck, self.kills = [], [], collections.Counter()
        if not self.agent.start():
            raise RuntimeError((folder / name / "agent.log").read_text())
        if not pull:
            hook = self.api.post(f"/repos/demo/{name}/hooks", {"events": ["deployment"], "config": {
                "url": f"http://127.0.0.1:{self.agent.port}/events", "content_type": "json",
                "secret": SECRET}})
            assert hook.status == 201, hook

    def create(self):
        answer = self.api.post(self.path, {"ref": "main", "auto_merge": False,
                                           "required_contexts": [], "environment": "staging"})
        assert answer.status == 201, answer
        self.made.append(answer.json["id"])
        return answer.json["id"]

    def finals(self, deployment):
        """The states of its final statuses, the newest first."""
        found = self.api.get(f"{self.path}/{deployment}/statuses?per_page=100").json
        return [one["state"] for one in found
                if one["state"] in FINAL and one["creator"]["login"] == "agent"]

    def finish(self, deployment):
        """Waits for the end of a deployment; starts the agent as often as needed."""
        end = time.monotonic() + PATIENCE
        while not self.finals(deployment):
            if time.monotonic() > end:
                self.stuck.append(deployment)
                return
            self.agent.start()
            time.sleep(0.05)

    def wait_for_agent(self):
        """Waits for the report: the last kill may have come after it, when nothing else waits
        for it."""
        end = time.monotonic() + PATIENCE
        while not self.agent.start():
            if time.monotonic() > end:
                raise RuntimeError("the agent does not start")
            time.sleep(0.05)

    def count_calls(self):
        """[(call, K)] of an undisturbed run: each call by which a thread writes."""
        log = self.agent.folder / "calls.strace"
        tracer = merges.attach(self.agent, ",".join(CALLS), 1 << 15, log, False)
        self.finish(self.create())
        time.sleep(0.5)  # the record of the report
        tracer.terminate()
        tracer.wait()
        found = collections.Counter(re.findall(r"^(\d+) +(\w+)\(", log.read_text(), re.M))
        most = collections.Counter()
        for (_, call), count in found.items():
            most[call] = max(most[call], count)
        return [(call, number) for call in CALLS for number in range(1, most[call] + 1)]

    def kill_at(self, call, number):
        """Sends SIGKILL before the K-th call; the call may not happen."""
        self.wait_for_agent()
        tracer = merges.attach(self.agent, call, number, self.agent.folder / "kill.strace", False)
        made = self.create()
        end = time.monotonic() + PATIENCE
        while (self.agent.process.poll() is None and not self.finals(made)
               and time.monotonic() < end):
            time.sleep(0.02)
        time.sleep(0.1)  # what follows the report
        tracer.terminate()
        tracer.wait()
        self.kills[call] += self.agent.process.poll() is not None
        self.finish(made)

    def kill_at_random(self):
        self.wait_for_agent()
        made = self.create()
        time.sleep(self.chance.uniform(0, 0.8))
        self.agent.kill()
        self.kills["by the clock"] += 1
        self.finish(made)

    def full_disk(self):
        """A run during which the disk becomes full, at its beginning or in the middle."""
        left = self.chance.choice([0, 4096, 8192, 16384, 32768, 65536])
        late = self.chance.random() < 0.5
        self.wait_for_agent()
        if not late:
            self.agent.fill(left)
        made = self.create()
        if late:
            time.sleep(self.chance.uniform(0, 0.5))
            self.agent.fill(left)
        time.sleep(self.chance.uniform(0.3, 1.5))
        if self.chance.random() < 0.5:
            self.agent.kill()
            self.agent.start()
            time.sleep(0.3)
        self.agent.empty()
        self.finish(made)

    def audit(self):
        """(what, count) of forbidden results, after all has come to rest."""
        self.finish(self.create())  # a deployment that waits behind another one would wait forever
        time.sleep(1)
        self.agent.kill()
        self.agent.start()  # an unrecorded report is repeated, or not
        self.finish(self.create())
        text = self.agent.starts.read_text() if self.agent.starts.exists() else ""
        starts = collections.Counter(int(line) for line in text.split())
        twice, otherwise = [], []
        for deployment in self.made:
            finals, record = self.finals(deployment), self.agent.record(deployment)
            if len(finals) > 1:
                twice.append(deployment)
            if record and finals and record["state"] not in ("", finals[-1]):
                otherwise.append(deployment)
        return [("runs with two final statuses", twice),
                ("commands started twice", [one for one, count in starts.items() if count > 1]),
                ("environments stuck", self.stuck),
                ("reported otherwise than written down", otherwise)]


def play(world, kills, full_disks):
    """Returns whether all is right."""
    moments = world.count_calls()
    world.chance.shuffle(moments)
    # The last call of each kind follows the report: the rarest moment, and the one that must not
    # be missed by chance.
    last = {call: max(number for one, number in moments if one == call) for call, _ in moments}
    moments.sort(key=lambda moment: moment[1] != last[moment[0]])
    tries = 0
    while sum(world.kills.values()) < kills - kills // 3 and tries < 4 * kills and not world.stuck:
        world.kill_at(*moments[tries % len(moments)])
        tries += 1
    while sum(world.kills.values()) < kills and not world.stuck:
        world.kill_at_random()
    for _ in range(full_disks):
        world.full_disk()
    found = world.audit()
    told = ", ".join(f"{count} {call}" for call, count in world.kills.items())
    print(f"{world.name}: {len(world.made)} deployments, {full_disks} full disks, "
          f"{sum(world.kills.values())} kills ({told})", flush=True)
    for what, which in found:
        mark = "must be 0" if not which else f"VIOLATED by {which[:10]}"
        print(f"  {what:<40}{len(which):>5}  {mark}", flush=True)
    return not any(which for _, which in found) and sum(world.kills.values()) >= kills


def namespace_command():
    """The command that gives this program its own mounts; None if there is none."""
    for flags in (["-m"], ["-rm"]):
        probe = ["unshare", *flags, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
        if shutil.which("unshare") and subprocess.run(probe, check=False,
                                                      capture_output=True).returncode == 0:
            return ["unshare", *flags]
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20, help="in all (20)")
    parser.add_argument("--full-disks", type=int, default=5, help="in all (5)")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument(IN_NAMESPACE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.in_namespace:
        command = namespace_command()
        if command is None or not merges.can_trace():
            print("agent: strace or mounts do not work here; nothing was killed")
            return merges.SKIPPED
        return subprocess.run([*command, *harness.DIES_WITH_PARENT, sys.executable, __file__,
                               *sys.argv[1:], IN_NAMESPACE], check=False).returncode
    print(f"agent: seed {options.seed}", flush=True)
    chance, good = random.Random(options.seed), True
    with harness.Server() as server, tempfile.TemporaryDirectory(prefix="esclusa-agent-") as folder:
        server.create_user("agent")
        token = server.create_token("agent", "repo_deployment")
        for pull in (False, True):
            world = World(server, pathlib.Path(folder), pull, token, chance)
            try:
                good &= play(world, (options.kills + pull) // 2, (options.full_disks + pull) // 2)
            finally:
                world.agent.kill()
                subprocess.run(["umount", str(world.agent.disk)], check=False)
            if not good:
                print((world.agent.folder / "agent.log").read_text()[-3000:])
                break
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
