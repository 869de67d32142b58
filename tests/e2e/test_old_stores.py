"""A store of each earlier schema opens, serves what it served, and gets the smaller rows."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

import harness
import old_stores
import stored_bodies
import upgrade
from harness import IS_EVERYDAY, Server, clean_environment, not_everyday, wait_until

BEGUN = "writing rows of an earlier version in the smaller form"
DONE = "all rows of earlier versions are in the smaller form"
STEP = 7 if IS_EVERYDAY else 1  # of schemas


class OldStore(unittest.TestCase):
    def setUp(self):
        self.server = Server(arguments=upgrade.KEEPS_ALL)
        self.addCleanup(self.server.__exit__)

    def messages(self):
        found = []
        for line in self.server.log.read_text().splitlines() if self.server.log.exists() else []:
            with contextlib.suppress(ValueError):  # a kill cuts a line
                found.append(json.loads(line)["message"])
        return found

    def await_recoded(self, count=1, timeout=60):
        wait_until(lambda: self.messages().count(DONE) >= count, "the end of the recoding", timeout)

    def assert_serves(self, name):
        self.assertEqual(old_stores.differences(old_stores.recorded(name),
                                                old_stores.served(self.server)), [])

    def rows(self, sql):
        with old_stores.opened(self.server) as database:
            return stored_bodies.add_to(database).execute(sql).fetchall()


    def assert_serves_after_pruning(self, name):
        """All that has no age is served as before: the store is pruned of what has one."""
        expected = {path: answer for path, answer in old_stores.recorded(name).items()
                    if not re.search("/deliveries|/claim$|/esclusa/events", path)}
        self.assertGreater(len(expected), 10)
        self.server.set_arguments(upgrade.PRUNES_ALL)
        self.server.start()
        self.server.cli("prune")
        self.assertEqual(old_stores.differences(expected, old_stores.served(self.server)), [])
        self.server.stop()
        self.assertEqual(self.rows("select count(*) from delivery where state = 'delivered'"),
                         [(0,)])
        self.server.set_arguments(upgrade.KEEPS_ALL)


class EachSchema(OldStore):
    def test_it_opens_and_serves_what_it_served(self):
        for number in range(old_stores.OLDEST, old_stores.FILLED + 1, STEP):
            with self.subTest(schema=number):
                old_stores.load(self.server, number)
                self.server.start(timeout=60)
                self.assert_serves("0009")
                self.await_recoded()
                self.assert_serves("0009")
                self.server.stop()
                self.assertEqual(self.rows("select count(*) from event_body where codec = 0"),
                                 [(0,)])
                self.assert_serves_after_pruning("0009")
                for left in self.server.folder.iterdir():
                    shutil.rmtree(left) if left.is_dir() else left.unlink()


class Filled(OldStore):
    """The store of tests/stores/0024.dump."""

    def setUp(self):
        super().setUp()
        old_stores.load_filled(self.server)

    def test_its_rows_get_smaller_and_are_served_as_before(self):
        before = self.rows("select event_id, event_body(codec, body, null) from event_body "
                           "order by 1")
        size, = self.rows("select sum(length(request_headers) + length(response_headers) + "
                          "length(response_body)) from delivery_attempt")[0]
        self.server.start()
        self.await_recoded()
        self.assert_serves("0024")
        self.server.stop()
        self.assertEqual(self.rows(f"select event_id, {stored_bodies.BODY} from event_body b "
                                   "order by 1"), before)
        self.assertEqual(self.rows("select count(*) from delivery_attempt where codec = 0 and "
                                   "request_headers <> '{}'"), [(0,)])
        smaller, = self.rows("select sum(length(request_headers) + length(response_headers) + "
                             "length(response_body)) from delivery_attempt")[0]
        self.assertLess(smaller, size / 6)
        self.assertEqual(self.rows("select * from recoding"), [])
        self.server.start()
        self.assert_serves("0024")
        self.assertEqual(self.messages().count(DONE), 1, "it began again")
        self.server.stop()
        self.assert_serves_after_pruning("0024")

    @not_everyday
    def test_a_kill_in_the_migration(self):
        """The kill comes before the first, the third, … write."""
        template = self.server.folder / "template"
        self.server.data.rename(template)
        moments, number = 0, 1
        while True:
            shutil.copytree(template, self.server.data)
            if not self.killed(number):
                break
            moments += 1
            with self.subTest(write=number):
                self.server.start()
                self.await_recoded(self.messages().count(DONE) + 1)
                self.assert_serves("0024")
                self.server.stop()
            shutil.rmtree(self.server.data)
            number += 2 * (1 + number // 8)
        self.assertGreater(moments, 4)

    def killed(self, number):
        """Starts the server, and kills it at its `number`th write to the database; False if it
        was ready before that."""
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "signal=none",
                   "-e", "trace=pwrite64", "-e", f"inject=pwrite64:signal=SIGKILL:when={number}",
                   *self.server.command()]
        process = subprocess.Popen([*harness.DIES_WITH_PARENT, *command], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=clean_environment())
        line = process.stdout.readline()
        if line:
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            for child in children.split():
                os.kill(int(child), signal.SIGKILL)
        process.communicate(timeout=60)
        return not line


class Kill(OldStore):
    COPIES = 100  # of each event
    SOME = "event_id % 47 = 0"  # that are compared

    def multiply(self, database):
        """Gives each event copies with plain bodies, as versions before 0021 have written them."""
        database.execute(f"""
            with recursive number (n) as (select 1 union all
                select n + 1 from number where n < {self.COPIES})
            insert into event (id, guid, repository_id, kind, action, event_no, announced,
                created_at)
            select e.id + 100000 + 1000 * n, e.guid || '-' || n, e.repository_id, e.kind, e.action,
                e.event_no, 0, e.created_at
            from number cross join event e where e.repository_id is not null""")
        database.execute("""
            insert into event_body (event_id, body)
            select c.id, b.body from event c join event e on e.id = (c.id - 100000) % 1000
            join event_body b on b.event_id = e.id where c.id > 100000""")

    def test_the_recoding_goes_on(self):
        old_stores.load(self.server, old_stores.OLDEST, self.multiply)
        before = self.rows(f"select event_id, body from event_body where {self.SOME} order by 1")
        reached = []
        while len(reached) < 4:
            self.kill_at(len(reached) + 1)
            reached.append(self.progress())
        self.assertNotIn(None, reached, "it was done before it could be killed")
        self.assertEqual(reached, sorted(set(reached)), "it began again")
        self.server.start(timeout=120)
        self.await_recoded(timeout=240)
        self.assert_serves_page()
        self.server.stop()
        self.assertEqual(self.rows("select count(*) from event_body where codec = 0"), [(0,)])
        after = self.rows(f"select b.event_id, {stored_bodies.BODY} from event_body b "
                          f"where {self.SOME} order by 1")
        self.assertTrue(after == before, "a body is another one now")
        ends, = self.rows("select count(*) from event_body_end")[0]
        self.assertLess(ends, 50)

    def kill_at(self, starts):
        """Starts the server, and kills it when its log says so often that rows are written."""
        with open(self.server.log, "ab") as log:
            process = subprocess.Popen([*harness.DIES_WITH_PARENT, *self.server.command()],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=log, env=clean_environment())
        wait_until(lambda: self.messages().count(BEGUN) >= starts, "progress", timeout=120)
        process.kill()
        process.wait()

    def progress(self):
        """Up to which event bodies are written again; None when all are."""
        found = self.rows("select next_after from recoding where table_name = 'event_body'")
        return found[0][0] if found else None

    def assert_serves_page(self):
        """While and after it, requests are answered as always."""
        self.server.token = self.server.create_token("admin", "repo")
        answer = self.server.api().get("/esclusa/events?after=0&limit=10")
        self.assertEqual(answer.status, 200, answer)
        self.assertNotIn(None, [event["payload"] for event in answer.json["events"]])


if __name__ == "__main__":
    unittest.main()
