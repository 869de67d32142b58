"""The store of an earlier version opens, migrates, and sends what that version would have sent."""
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import unittest

import harness
import upgrade
from data_folder import assert_refused
from harness import IS_EVERYDAY, Server, clean_environment, not_everyday, wait_until
from receiver import Receiver

SHOP = "/repos/demo/shop"
CHECKED = "the database is whole"


class Upgrade(unittest.TestCase):
    """Each test has its own copy of the earlier store."""

    def setUp(self):
        self.server = Server(arguments=upgrade.KEEPS_ALL)
        self.receiver = self.enterContext(Receiver(self.server.folder / "received"))
        self.addCleanup(self.server.__exit__)
        upgrade.load(self.server, self.receiver.url)
        upgrade.make_repositories(self.server.folder)

    def test_it_sends_the_same_bytes(self):
        expected = upgrade.expected()
        self.server.start()
        upgrade.send_everything(self.server)
        self.receiver.wait_for(lambda all_of_them: len(all_of_them) >= len(expected), timeout=60)
        received = self.receiver.deliveries()
        self.assertEqual(sorted(map(upgrade.told, received), key=upgrade.key), expected)
        signed = 0
        for one in received:
            given = one["headers"].get("X-Hub-Signature-256")
            signatures = {"sha256=" + hmac.new(secret.encode(), one["body"].encode(),
                                               hashlib.sha256).hexdigest()
                          for secret in (*upgrade.SECRETS.values(), "a newer secret")}
            if given:
                signed += 1
                self.assertIn(given, signatures)
        self.assertGreater(signed, 0)

    def test_what_waits_goes_on_waiting(self):
        self.server.start()
        self.server.token = self.server.create_token("admin", "repo")
        api = self.server.api()
        held = [one for one in api.get(f"{SHOP}/deployments").json
                if "waiting" in self.states(api, one)[:1]]
        self.assertEqual({one["environment"] for one in held}, {"production", "later"})
        waiting, = [one for one in held if one["environment"] == "production"]
        grace = self.server.api(self.server.create_token("grace", "repo"))
        environment = api.get(f"{SHOP}/environments/production").json["id"]
        answer = grace.post(f"{SHOP}/actions/runs/{waiting['id']}/pending_deployments", {
            "environment_ids": [environment], "state": "approved", "comment": "Good"})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.states(api, waiting), ["queued", "waiting"])

    @staticmethod
    def states(api, deployment):
        return [status["state"] for status in api.get(deployment["statuses_url"]).json]

    def test_it_is_checked_and_marked_once(self):
        self.server.start()
        self.server.stop()
        self.assertEqual(self.server.log.read_text().count(CHECKED), 1)
        identity = (self.server.data / "identity").read_text()
        self.server.start()
        self.server.stop()
        self.assertEqual(self.server.log.read_text().count(CHECKED), 1)
        self.assertEqual((self.server.data / "identity").read_text(), identity)

    def test_with_another_key_it_is_refused(self):
        (self.server.data / "secret.key").write_bytes(os.urandom(32))
        assert_refused(self, self.server, self.server.data, "opens none of the secrets")
        (self.server.data / "secret.key").unlink()
        assert_refused(self, self.server, self.server.data, "no secret.key")


@not_everyday
class LongHistory(unittest.TestCase):
    """An earlier store with many deployments is counted when it is opened."""

    ROWS = 100_000
    COLUMNS = {"all": "''", "environment": "cast(environment_id as text)", "ref": "ref",
               "creator": "cast(creator_id as text)", "task": "task", "state": "state"}

    def setUp(self):
        self.server = Server(arguments=upgrade.KEEPS_ALL)
        self.addCleanup(self.server.__exit__)
        upgrade.load(self.server, upgrade.NOWHERE)
        upgrade.make_repositories(self.server.folder)
        with self.database() as database:
            database.execute(f"""
                with recursive number (n) as (select 1 union all
                    select n + 1 from number where n < {self.ROWS})
                insert into deployment (repository_id, environment_id, original_environment_id,
                    kind, ref, sha, task, payload, creator_id, transient_environment,
                    production_environment, phase, state, created_at, updated_at)
                select d.repository_id, d.environment_id, d.original_environment_id, d.kind,
                    'branch' || (n % 50), printf('%040x', n), 'deploy', '{{}}', d.creator_id, 0, 1,
                    'released', case n % 3 when 0 then null else 'success' end,
                    d.created_at + n, d.created_at + n
                from number cross join (select * from deployment order by id limit 1) as d""")

    @contextlib.contextmanager
    def database(self):
        with contextlib.closing(sqlite3.connect(self.server.data / "esclusa.db")) as database:
            with database:
                yield database

    def test_what_is_killed_goes_on(self):
        progress = []
        while len(progress) < 4:
            self.kill_at(len(self.progress()) + 2)
            progress.append(max(self.progress()))
        self.assertEqual(progress, sorted(set(progress)), "it began again")
        self.assertLess(progress[-1], self.ROWS)
        self.server.start(timeout=300)
        page = f"{SHOP}/deployments?per_page=100&page=999"
        self.server.token = self.server.create_token("admin", "repo")
        self.assertEqual(len(self.server.api().get(page).json), 100)
        self.server.stop()
        self.assertEqual(self.counted(), self.plain_counts())

    def progress(self):
        lines = self.server.log.read_text().splitlines() if self.server.log.exists() else []
        return [int(line["counted_up_to"]) for line in map(json.loads, filter(None, lines))
                if line["message"] == "counting deployments"]

    def kill_at(self, lines):
        """Starts the server, and kills it when its log has so many lines of progress."""
        with open(self.server.log, "ab") as log:
            process = subprocess.Popen([*harness.DIES_WITH_PARENT, *self.server.command()],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=log, env=clean_environment())
        wait_until(lambda: len(self.progress()) >= lines, "progress", timeout=120)
        process.kill()
        process.wait()

    def counted(self):
        with self.database() as database:
            return set(database.execute(
                "select repository_id, filter, value, shift, block, deployment_count "
                "from deployment_block_count where deployment_count > 0"))

    def plain_counts(self):
        with self.database() as database:
            newest, = database.execute("select max(id) from deployment").fetchone()
            return {(repository, name, value, shift, block, count)
                    for name, column in self.COLUMNS.items() for shift in (8, 16)
                    for repository, value, block, count in database.execute(
                        f"select repository_id, {column}, id >> {shift}, count(*) "
                        f"from deployment where id < ({newest} + 1) / 256 * 256 "
                        f"and {column} is not null group by 1, 2, 3")}


class Kills(unittest.TestCase):
    """The next start completes a start that was killed."""

    # The kill comes before the call: before the first one, and then before each n-th.
    CALLS = {"openat": 23, "pwrite64": 29, "fdatasync": 5, "rename": 1, "fsync": 3, "unlink": 1,
             "mkdir": 2}
    STRIDE = 4 if IS_EVERYDAY else 1  # the everyday run tries fewer moments

    def setUp(self):
        self.server = Server(arguments=upgrade.KEEPS_ALL)
        self.addCleanup(self.server.__exit__)
        self.template = self.server.folder / "template"

    def killed(self, call, number):
        """Starts the server, and kills it at its `number`th call; False if it was ready before
        that."""
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "signal=none",
                   "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}",
                   *self.server.command()]
        process = subprocess.Popen([*harness.DIES_WITH_PARENT, *command], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=clean_environment())
        line = process.stdout.readline()
        if line:
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            for child in children.split():
                os.kill(int(child), signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
        self.assertNotIn("esclusa: ", errors)
        return not line

    def sweep(self):
        """Kills at each chosen moment, and starts again; returns the number of moments."""
        moments = 0
        for call, step in self.CALLS.items():
            number = 1
            while True:
                shutil.rmtree(self.server.data, ignore_errors=True)
                if self.template.exists():
                    shutil.copytree(self.template, self.server.data)
                if not self.killed(call, number):
                    break
                moments += 1
                with self.subTest(call=call, number=number):
                    self.server.start()
                    self.server.stop()
                number += step * self.STRIDE
        return moments

    def test_a_first_start(self):
        self.assertGreater(self.sweep(), 15 // self.STRIDE)

    def test_the_adoption_of_an_earlier_store(self):
        upgrade.load(self.server, upgrade.NOWHERE)
        upgrade.make_repositories(self.server.folder)
        self.server.data.rename(self.template)
        self.assertGreater(self.sweep(), 10 // self.STRIDE)


if __name__ == "__main__":
    unittest.main()
