"""The agent removes what old runs have left, and runs nothing twice afterwards."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import BINARY, DIES_WITH_PARENT, IS_EVERYDAY, clean_environment, wait_until
from test_agent import AgentTest

DAY = 86_400
FILES = {"run.json", "event.json", "payload.json", "log"}
CONFIG = """server = "http://127.0.0.1:9"
token_file = "agent.token"
mode = "pull"
work = "work"
keep_runs = "30d"
keep_last_runs = 2
[[deploy]]
repository = "demo/shop"
git = "shop.git"
environment = "*"
command = ["true"]
"""


def age(path, days):
    at = time.time() - days * DAY
    os.utime(path, (at, at))


class Folder(unittest.TestCase):
    """A work folder without an agent."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(
            prefix="esclusa-prune-")))
        (self.folder / "agent.toml").write_text(CONFIG)
        (self.folder / "agent.token").write_text("a token\n")
        self.work = self.folder / "work"
        self.runs = self.work / "runs/demo/shop"

    def fill(self, count=6):
        shutil.rmtree(self.work, ignore_errors=True)
        for name in ("queue", "logs", "git"):
            (self.work / name).mkdir(parents=True)
        for number in range(1, count + 1):
            run = self.runs / str(number)
            run.mkdir(parents=True)
            key = f"{number:032x}"
            for name in FILES:
                (run / name).write_text("{}")
            (run / "run.json").write_text(json.dumps({
                "repository": "demo/shop", "deployment": number, "environment": "production",
                "log_key": key, "step": "reported", "state": "success", "description": "Done"}))
            age(run / "run.json", 60)
            (self.work / "logs" / key).symlink_to(f"../runs/demo/shop/{number}/log")

    def command(self, *flags):
        return [BINARY, "agent", "prune", "--config", str(self.folder / "agent.toml"), *flags]

    def prune(self, *flags):
        return subprocess.run(self.command(*flags), check=False, text=True, capture_output=True,
                              env=clean_environment(), stdin=subprocess.DEVNULL, timeout=60)

    def found(self):
        """Deployment → whether its run is there; each run is there as a whole."""
        found = {}
        for path in self.runs.iterdir():
            if path.is_dir():
                self.assertEqual({one.name for one in path.iterdir()}, FILES, path)
            else:
                self.assertEqual(path.read_bytes(), b"")
            found[int(path.name)] = path.is_dir()
        return found

    def test_a_dry_run_only_tells(self):
        self.fill()
        done = self.prune("--dry-run")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(re.findall(r"would remove .* demo/shop (\d), production, success",
                                    done.stdout), ["4", "3", "2", "1"])
        self.assertEqual(self.found(), dict.fromkeys(range(1, 7), True))

    def test_it_removes_once(self):
        self.fill()
        done = self.prune()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.found(), {number: number > 4 for number in range(1, 7)})
        self.assertEqual(len(list((self.work / "logs").iterdir())), 2)
        self.assertIn("nothing to remove", self.prune().stdout)

    def test_what_is_refused(self):
        done = self.prune("--dry-run")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no work folder", done.stderr)
        for line in ("keep_runs = 90", 'keep_runs = "2h"', "keep_last_runs = 0",
                     'keep_last_runs = "9"', 'keep_checkouts = "soon"'):
            with self.subTest(line=line):
                text = "\n".join(one for one in CONFIG.splitlines()
                                 if not one.startswith(line.split()[0]))
                (self.folder / "agent.toml").write_text(line + "\n" + text)
                done = self.prune()
                self.assertEqual(done.returncode, 1)
                self.assertIn(line.split()[0], done.stderr)

    def test_a_kill_leaves_each_run_whole_or_removed(self):
        moments = 0
        for call in ("renameat2", "fsync", "unlink", "unlinkat", "rename"):
            for number in range(1, 100, 5 if IS_EVERYDAY else 1):
                self.fill(4)
                killed = subprocess.run(
                    [*DIES_WITH_PARENT, "strace", "-f", "-qq", "-o", "/dev/null",
                     "-e", "signal=none", "-e", f"trace={call}",
                     "-e", f"inject={call}:signal=SIGKILL:when={number}", *self.command()],
                    check=False, env=clean_environment(), stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
                if killed.returncode == 0:
                    break
                moments += 1
                with self.subTest(call=call, number=number):
                    self.assertEqual(set(self.found()), {1, 2, 3, 4})
                    self.assertEqual(self.prune().returncode, 0)
                    self.assertEqual(self.found(), {1: False, 2: False, 3: True, 4: True})
                    self.assertEqual([path.name for path in (self.work / "runs").iterdir()],
                                     ["demo"])
        self.assertGreater(moments, 4)


class Redelivery(AgentTest):
    def test_an_event_of_a_removed_run_runs_nothing(self):
        agent = self.agent('echo ran >>"$RAN"', hook=False)
        events = [self.event() for _ in range(2)]
        for made, event in events:
            self.assertEqual(agent.deliver(event), 202)
            self.wait_state(made, "success")
        wait_until(lambda: self.ran_count() == 2, "the runs")
        agent.end()
        first = agent.folder / "work/runs/demo/shop" / str(events[0][0]["id"])
        age(first / "run.json", 100)
        config = agent.folder / "agent.toml"
        config.write_text("keep_last_runs = 1\n" + config.read_text())
        done = subprocess.run([BINARY, "agent", "prune", "--config", str(config)], check=False,
                              capture_output=True, text=True, env=clean_environment())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual((first.is_file(), first.stat().st_size), (True, 0))
        agent.start()
        for _, event in events:
            self.assertEqual(agent.deliver(event), 200)
        refused = subprocess.run([BINARY, "agent", "prune", "--config", str(config)], check=False,
                                 capture_output=True, text=True, env=clean_environment())
        self.assertEqual(refused.returncode, 1)
        self.assertIn("A running agent prunes its folder itself", refused.stderr)
        self.assertEqual(agent.end(), 0)
        self.assertEqual(self.ran_count(), 2)


if __name__ == "__main__":
    unittest.main()
