"""clock_site: a server whose clocks can be moved, for clocks.py."""
import contextlib
import json
import pathlib
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
from receiver import Receiver  # noqa: E402

REPOSITORY = "/repos/demo/shop"
MONTH_MINUTES = 43_200  # thirty days, the longest timer


class Site:
    """A server whose clocks can be moved, its receiver, and the deployments that were created."""

    def __init__(self, folder, library, repository):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        self.clock, self.wrapper = self.folder / "clock", self.folder / "run"
        self.jump(0)
        self.run_in("exec")
        self.server = harness.Server(
            parent=self.folder, wrapper=["sh", str(self.wrapper)], environment={
                "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(self.clock),
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "ESCLUSA_WEBHOOKS_RETRY_SCALE": "1"})
        self.receiver = Receiver(self.folder / "received.jsonl")
        self.repository = repository
        self.made = {}  # name → (id, when)
        self.jumps = 0

    def __enter__(self):
        with contextlib.ExitStack() as ending:
            ending.enter_context(self.server)
            ending.enter_context(self.receiver)
            self.server.add_repository("demo/shop", self.repository, "--private")
            for name, minutes in (("minute", 1), ("month", MONTH_MINUTES)):
                answer = self.server.api().request(
                    "PUT", f"{REPOSITORY}/environments/{name}", {"wait_timer": minutes})
                assert answer.status == 200, answer
            answer = self.server.api().post(f"{REPOSITORY}/hooks", {
                "events": ["deployment"],
                "config": {"url": self.receiver.url, "content_type": "json"}})
            assert answer.status == 201, answer
            self.receiver.wait_for_event("ping")
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *_):
        self._ending.close()

    def jump(self, seconds):
        """From now on the wall clock is off by this many seconds."""
        new = self.clock.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.clock)

    def run_in(self, prefix):
        """The command prefix for the next start of the server."""
        self.wrapper.write_text(f'{prefix} "$@"\n')

    def create(self, environment, name=None):
        sent = time.time()
        answer = self.server.api().post(f"{REPOSITORY}/deployments", {
            "ref": "main", "auto_merge": False, "required_contexts": [],
            "environment": environment})
        assert answer.status == 201, answer
        self.made[name or environment] = (answer.json["id"], sent)

    def begin(self):
        """Starts both timers, and makes a delivery fail, which is retried after five seconds."""
        self.create("month")
        self.create("minute")
        self.receiver.fail_next()
        self.create("retried")
        number = self.made["retried"][0]
        self.receiver.wait_for(lambda all_: any(about(one) == number for one in all_))

    def restart(self, **more):
        self.server.kill()
        for key, value in more.items():
            getattr(self, key)(value)
        self.server.start()

    # ------------------------------------------------------------------ what came of it

    def arrivals(self, name):
        """Real seconds from the creation of the deployment to each delivery."""
        number, sent = self.made[name]
        return [one["at"] - sent for one in self.receiver.deliveries("deployment")
                if about(one) == number]

    def read(self):
        """The server's records: the created_at of each deployment (by id, in seconds), and the
        shortest of all durations."""
        with contextlib.closing(sqlite3.connect(self.server.data / "esclusa.db")) as db:
            created = dict(db.execute("select id, created_at / 1e6 from deployment order by id"))
            durations = [0, *(one for one, in db.execute("select duration from delivery_attempt"))]
        for line in self.server.log.read_text().splitlines():
            with contextlib.suppress(ValueError):
                durations.append(int(json.loads(line).get("microseconds", 0)))
        return created, min(durations)


def about(delivery):
    """The deployment that a delivery is about."""
    return json.loads(delivery["body"]).get("deployment", {}).get("id")
