"""What a restored server knows and sends, and what becomes of a repository that is damaged.

Cost: 15 s, of which the processor has 3.
"""
import os
import random
import subprocess
import unittest

import backups
from backups import Load, RestoredServer, query, restore
from data_folder import start
from harness import Repository, Server, make_repository, wait_until
from receiver import Receiver


class Rot(unittest.TestCase):
    """A byte of a created repository has changed on the disk, where git does not look."""

    def test_a_damaged_pack_is_named(self):
        server = self.enterContext(Server())
        backups.add_made_repository(server)
        made = backups.find_made(server)
        clone = Repository(server.folder / "clone")
        clone.commit("main", {"large": random.Random(1).randbytes(60_000).hex()})
        clone.git("push", "-q", "-f", str(made), "HEAD:refs/heads/main")
        path = server.folder / "whole.tar"
        server.cli("backup", path)
        backups.git(made, "repack", "-adq")
        (pack,) = (made / "objects" / "pack").glob("*.pack")
        pack.chmod(0o600)
        content = bytearray(pack.read_bytes())
        content[len(content) // 2] ^= 1
        pack.write_bytes(content)
        path = server.folder / "a.tar"
        done = server.cli("backup", path, check=False)
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("lacks the repository demo/made", done.stderr)
        self.assertEqual([name for name in os.listdir(server.data) if "backup" in name], [])
        verified = server.cli("backup", "verify", path, check=False)
        self.assertEqual(verified.returncode, 3, verified)
        self.assertNotIn("is whole", verified.stdout)
        data = server.folder / "restored"
        restored = restore(server, path, data, check=False)
        self.assertEqual(restored.returncode, 3, restored)
        self.assertIn("lacks the repository demo/made", restored.stderr)
        self.assertEqual(query(data, "pragma integrity_check"), [("ok",)])
        self.assertEqual(backups.git(backups.restored_repository(data), "for-each-ref"), "")


class AfterARestore(unittest.TestCase):
    """What was sent, or waited to be, is not sent again unless somebody asks for it."""

    def test_webhooks(self):
        server = self.enterContext(Server(environment={"ESCLUSA_WEBHOOKS_RETRY_SCALE": "1"}))
        server.add_repository("demo/shop", make_repository(server.folder), "--writable")
        receiver = self.enterContext(Receiver(server.folder / "received"))

        def sent():
            return [each["guid"] for each in receiver.deliveries("deployment")]

        def deploy(api):
            before = len(sent())
            answer = api.post("/repos/demo/shop/deployments", {
                "ref": "main", "auto_merge": False, "required_contexts": []})
            self.assertEqual(answer.status, 201, answer)
            wait_until(lambda: len(sent()) > before, "the delivery")

        hook = server.api().post("/repos/demo/shop/hooks", {
            "events": ["deployment"], "config": {"url": receiver.url, "secret": "a secret"}}).json
        deploy(server.api())
        receiver.fail_next()
        deploy(server.api())  # it is due again in some time
        states = "select state from delivery d join event e on e.id = d.event_id " \
                 "where e.kind = 'deployment' order by d.id"
        wait_until(lambda: query(server.data, states) == [("delivered",), ("pending",)],
                   "the record of both")
        path, data = server.folder / "a.tar", server.folder / "restored"
        server.cli("backup", path)
        server.stop()
        self.assertIn("1 that waited are dead now", restore(server, path, data).stdout)
        self.assertEqual(query(data, states), [("delivered",), ("dead",)])
        with RestoredServer(server, data) as restored:
            deploy(restored.api())  # in the order of the lane, after what would be sent again
            self.assertEqual(len(set(sent())), 3)
            self.assertEqual(len(sent()), 3)
            answer = restored.api().post(f"/esclusa/repos/demo/shop/hooks/{hook['id']}/replay", {})
            self.assertEqual((answer.status, answer.json["count"]), (202, 1), answer)
            wait_until(lambda: len(sent()) == 4, "the replay")
            self.assertEqual(sent()[3], sent()[1])


    def test_a_second_restore_repeats_no_ids(self):
        server = self.enterContext(Server())
        server.add_repository("demo/shop", make_repository(server.folder), "--writable")
        path = server.folder / "a.tar"
        server.cli("backup", path)  # before the first deployment, claim and so on
        server.stop()
        lives = []
        for number in range(2):
            data = server.folder / f"life-{number}"
            restore(server, path, data)
            made = []
            with RestoredServer(server, data) as restored:
                for _ in range(3):
                    answer = restored.api().post("/repos/demo/shop/deployments", {
                        "ref": "main", "auto_merge": False, "required_contexts": []})
                    self.assertEqual(answer.status, 201, answer)
                    made.append(answer.json["id"])
                claimed = restored.api().post(
                    f"/esclusa/repos/demo/shop/deployments/{made[0]}/claim", {"seconds": 60})
            lives.append((made, claimed.json["fence"]))
        (first, first_fence), (second, second_fence) = lives
        self.assertGreater(first[0], 10_000_000)
        self.assertGreater(first_fence, 10_000_000)
        self.assertGreater(second[0], first[-1])
        self.assertGreater(second_fence, first_fence)


class CopiedWhileItRan(unittest.TestCase):
    """A copy of a running server's folder is checked before it serves, and refused if torn."""

    def test_copies(self):
        server = self.enterContext(Server())
        server.add_repository("demo/shop", make_repository(server.folder), "--writable")
        backups.add_made_repository(server)
        outcomes = []
        with Load(server) as load:
            wait_until(lambda: load.errors or min(map(len, load.writes)) > 2, "the load")
            for number in range(3):
                copy = server.folder / f"copy-{number}"
                # It complains of git's temporary files, which go while it copies.
                subprocess.run(["cp", "-a", str(server.data), str(copy)], check=False,
                               stderr=subprocess.DEVNULL)
                (copy / "lock").unlink()
                outcomes.append(copy)
        for copy in outcomes:
            done = start(server, copy, "--tls-certificate", "/none", "--tls-key", "/none")
            whole = "the database is whole" in done.stderr and "/none" in done.stderr
            self.assertEqual(done.returncode, 2 if whole else 1)
            torn = "It may be a copy that was made while a server was writing" in done.stderr
            self.assertTrue(whole or torn, done.stderr)


if __name__ == "__main__":
    unittest.main()
