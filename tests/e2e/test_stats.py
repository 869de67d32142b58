"""Delivery figures: a month by hand, a random one against an oracle, and the command."""
import datetime
import json
import random
import subprocess
import unittest

import old_stores
import stats_oracle
from harness import BINARY, Repository, Server, clean_environment
from stats_oracle import Outcome

STATS = "/esclusa/repos/demo/shop/stats"
JANUARY = "since=2024-01-01T00:00:00Z&until=2024-02-01T00:00:00Z"
# The outcomes of src/core/stats_test.cc: time, deployment, kind, commit, state. Its figures are
# worked out there.
MONTH = """
2023-12-29T12:00:00   1 deploy   a success
2024-01-01T10:00:00   2 deploy   b success
2024-01-03T09:00:00   3 deploy   c failure
2024-01-03T11:30:00   4 deploy   d success
2024-01-09T08:00:00   5 deploy   e success
2024-01-09T08:45:00   6 rollback d success
2024-01-11T14:00:00   7 deploy   f success
2024-01-23T09:00:00   8 deploy   g error
2024-01-23T09:20:00   8 deploy   g success
2024-01-25T10:00:00   9 deploy   h success
2024-01-25T12:00:00   9 deploy   h failure
2024-01-26T12:00:00  10 deploy   i failure
2024-01-27T12:00:00  11 deploy   j success
2024-01-29T10:00:00  12 deploy   k success
2024-01-29T11:00:00   9 deploy   h failure
2024-01-31T23:00:00  13 deploy   l failure
2024-02-01T01:00:00  14 deploy   m success
"""


def micros(text):
    return int(datetime.datetime.fromisoformat(text + "+00:00").timestamp()) * 1_000_000


def parse(table, shas):
    for line in table.split("\n"):
        if line:
            at, deployment, kind, commit, state = line.split()
            yield (Outcome(micros(at), int(deployment), shas[commit], kind == "rollback",
                           state == "success"), state)


class Copies:
    """Adds deployments and statuses to a stopped server's database, as copies of those that it
    made itself."""

    def __init__(self, database):
        self.database = database

    def copy(self, table, model, **changed):
        cursor = self.database.execute(f"select * from {table} where id = ?", (model,))
        row = dict(zip([column[0] for column in cursor.description], cursor.fetchone()))
        row.update(changed)
        del row["id"]
        return self.database.execute(
            f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
            tuple(row.values())).lastrowid

    def fill(self, model, outcomes):
        """`outcomes`: pairs of an outcome and its state. `model`: a deployment with a status."""
        status, = self.database.execute("select max(id) from deployment_status "
                                        "where deployment_id = ?", (model,)).fetchone()
        made = {}
        for one, state in outcomes:
            if one.deployment not in made:
                made[one.deployment] = self.copy(
                    "deployment", model, sha=one.sha, created_at=one.at - 60_000_000,
                    kind="rollback" if one.is_rollback else "deploy", success_status_id=None)
            self.copy("deployment_status", status, deployment_id=made[one.deployment], state=state,
                      created_at=one.at)


class Stats(unittest.TestCase):
    """GET /esclusa/repos/…/stats, and esclusa stats"""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        cls.repository = Repository(cls.server.folder / "shop")
        cls.shas = {}
        begin = micros("2023-12-20T00:00:00") // 1_000_000
        for number, name in enumerate("abcdefghijklm"):
            # The commit is a day after the one before, at noon: a on 12-21, m on 01-02.
            cls.repository._seconds = begin + number * 86400 + 43200 - 60 + 86400 - 60
            cls.shas[name] = cls.repository.commit(name, {"file": name})
        cls.random = random.Random(20)
        cls.dag = cls.make_commits()
        cls.server.add_repository("demo/shop", cls.repository, "--private")
        cls.api = cls.server.api()
        models = {}
        for environment in ("production", "random", "staging"):
            made = cls.api.post("/repos/demo/shop/deployments", {
                "ref": "main", "required_contexts": [], "environment": environment})
            assert made.status == 201, made
            cls.api.post(made.json["statuses_url"], {"state": "in_progress"})
            models[environment] = made.json["id"]
        cls.server.stop()
        cls.outcomes = cls.make_outcomes()
        with old_stores.opened(cls.server) as database:
            copies = Copies(database)
            copies.fill(models["production"], parse(MONTH, cls.shas))
            copies.fill(models["random"], [(one, cls.state_of(one)) for one in cls.outcomes])
        cls.server.start()
        cls.api = cls.server.api()

    @classmethod
    def make_commits(cls):
        """Commits with one or two parents, every 12 hours; their clocks are wrong by up to ten."""
        stream, marks = "", []
        for mark in range(1, 81):
            at = micros("2023-12-15T00:00:00") // 1_000_000 + mark * 43200
            at += cls.random.randrange(-36000, 36000)
            parents = cls.random.sample(marks[-6:], min(len(marks), 1 + (mark % 5 == 0)))
            stream += (f"commit refs/heads/random-{mark}\nmark :{mark}\n"
                       f"committer A <a@example.org> {at} +0000\ndata 1\n{mark % 10}\n")
            for word, parent in zip(["from", "merge"], parents):
                stream += f"{word} :{parent}\n"
            stream += "\n"
            marks.append(mark)
        subprocess.run(["git", "-C", cls.repository.path, "fast-import", "--quiet"], check=True,
                       input=stream, text=True, env=clean_environment())
        return [cls.repository.sha(f"random-{mark}") for mark in marks]

    @classmethod
    def make_outcomes(cls):
        """Two months of 150 deployments, some of them with several outcomes."""
        begin, end = micros("2023-12-15T00:00:00"), micros("2024-02-15T00:00:00")
        times = iter(sorted(cls.random.sample(range(begin // 1_000_000, end // 1_000_000), 300)))
        outcomes, made = [], []
        for at in times:
            if not made or cls.random.random() < 0.5:
                newest = min(len(made) // 2, len(cls.dag) - 1)
                made.append((len(made) + 1,
                             cls.dag[cls.random.randrange(max(newest - 8, 0), newest + 1)],
                             cls.random.random() < 0.15))
            deployment, sha, is_rollback = cls.random.choice(made[-4:])
            outcomes.append(Outcome(at * 1_000_000, deployment, sha, is_rollback,
                                    cls.random.random() < 0.65))
        return outcomes

    @classmethod
    def state_of(cls, outcome):
        return "success" if outcome.is_success else cls.random.choice(["failure", "error"])

    def get(self, query):
        answer = self.api.get(f"{STATS}?{query}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def command(self, *arguments, code=0):
        variables = {"ESCLUSA_URL": self.server.url, "ESCLUSA_TOKEN": self.server.token}
        done = subprocess.run([BINARY, "stats", *arguments], check=False, timeout=60, text=True,
                              capture_output=True, env=clean_environment(variables))
        self.assertEqual(done.returncode, code, done)
        return done.stdout + done.stderr

    def test_a_month_by_hand(self):
        stats = self.get(JANUARY + "&by=month")
        self.assertEqual([(one["environment"], len(one["periods"]))
                          for one in stats["environments"]], [("production", 1)])
        total = stats["environments"][0]["total"]
        self.assertEqual(stats["environments"][0]["periods"], [total])
        # Commits, from noon of their day: b and c to k are new in this order. b (12-22) is live on
        # 01-01 10:00; c (12-23) and d (12-24) on 01-03 11:30; e (12-25) on 01-09 08:00; f (12-26)
        # on 01-11 14:00; g (12-27) on 01-23 09:20; h (12-28) on 01-25 10:00; i (12-29) and j
        # (12-30) on 01-27 12:00; k (12-31) on 01-29 10:00. In hours: 238, 263.5, 239.5, 356, 386,
        # 645.33, 670, 696, 672, 694. In order 238 239.5 263.5 356 386 645.33 670 672 694 696: the
        # fifth and the ninth.
        self.assertEqual(stats_oracle.shown(total), {
            "deployments": 8, "rollbacks": 1,
            "lead_time": (10, 386 * 3600, 694 * 3600, 0),
            "change_failures": (6, 11, 0.545),
            "time_to_restore": (5, 7200, 172800, 0)})
        self.assertEqual(total["deployments"]["per_day"], 0.258)  # 8 in 31 days

    def test_weeks_and_what_is_not_known(self):
        stats = self.get("since=2023-12-20T00:00:00Z&until=2024-01-29T00:00:00Z")
        rows = stats["environments"][0]["periods"]
        self.assertEqual([row["since"][:10] for row in rows],
                         ["2023-12-20", "2023-12-25", "2024-01-01", "2024-01-08", "2024-01-15",
                          "2024-01-22"])
        for name in ("deployments", "lead_time", "change_failures", "time_to_restore"):
            self.assertIsNone(rows[0][name], "there was no record yet")
        # The first deployment of all: what it brought is not known.
        self.assertEqual(stats_oracle.shown(rows[1])["lead_time"], (0, None, None, 1))
        # A week in which nothing happened: counts are 0, and nothing is made up.
        self.assertEqual(stats_oracle.shown(rows[4]), {
            "deployments": 0, "rollbacks": 0, "lead_time": (0, None, None, 0),
            "change_failures": (0, 0, None), "time_to_restore": (0, None, None, 0)})

    def test_a_random_month_against_the_oracle(self):
        history = stats_oracle.History(self.outcomes, self.repository.path)
        for since, until in (("2024-01-01", "2024-02-01"), ("2024-01-03", "2024-01-24")):
            times = [micros(f"{day}T00:00:00") for day in (since, until)]
            for by, unit_of in (("week", stats_oracle.week_of), ("month", stats_oracle.month_of)):
                query = (f"environment=random&by={by}&since={since}T00:00:00Z"
                         f"&until={until}T00:00:00Z")
                one, = self.get(query)["environments"]
                expected = history.figures(*times, lambda at: True)
                self.assertGreater(expected["lead_time"][0], 10)
                self.assertEqual(stats_oracle.shown(one["total"]), expected, query)
                for row in one["periods"]:
                    unit = unit_of(micros(row["since"].rstrip("Z")))
                    self.assertEqual(
                        stats_oracle.shown(row),
                        history.figures(*times, lambda at, unit=unit: unit_of(at) == unit),
                        (query, row["since"]))

    def test_what_is_asked_for_wrongly(self):
        for query, status, reason in (
                ("by=day", 422, "invalid_request"),
                ("since=yesterday", 422, "invalid_request"),
                ("since=2024-02-01T00:00:00Z&until=2024-01-01T00:00:00Z", 422, "invalid_range"),
                ("since=2000-01-01T00:00:00Z", 422, "too_many_periods"),
                ("environment=nowhere", 404, "environment_not_found")):
            answer = self.api.get(f"{STATS}?{query}")
            self.assertEqual((answer.status, answer.json["reason_code"]), (status, reason), query)
        self.assertEqual(self.server.api(None).get(STATS).status, 404)
        stranger = self.server.user_with("stranger", "repo_deployment")
        self.assertEqual(stranger.get(STATS).status, 404)
        reader = self.server.user_with("reader", "repo_deployment", "demo/shop", "read")
        self.assertEqual(reader.get(STATS).status, 200)

    def test_an_environment_and_a_task_without_deployments(self):
        one, = self.get(f"environment=STAGING&{JANUARY}")["environments"]
        self.assertEqual((one["environment"], one["total"]["deployments"]), ("staging", None))
        self.assertEqual(self.get(f"task=migrate&{JANUARY}")["environments"], [])
        self.assertIn("No environment is for production", self.command("demo/shop", "--task", "x"))

    def test_the_command(self):
        times = ["--since", "2023-12-20", "--until", "2024-01-22"]
        lines = self.command("demo/shop", "production", *times).splitlines()
        self.assertEqual(lines[0].split("  ")[0], "ENVIRONMENT")
        self.assertRegex(lines[1], r"^production +2023-12-20 +not known *$")
        self.assertRegex(lines[2], r"^production +2023-12-25 +1 \(0\.14 a day\) +"
                                   r"-; 1 not measured +0 of 1 \(0\.0 %\) +-$")
        self.assertRegex(lines[3], r"^production +2024-01-01 +2 \(0\.29 a day\) +"
                                   r"9d 23h / 10d 23h \(3 commits\) +1 of 3 \(33\.3 %\) +"
                                   r"2h 30m / 2h 30m \(1\)$")
        self.assertRegex(lines[4], r"2 \(0\.29 a day\); 1 rolled back .* 45m / 45m \(1\)$")
        self.assertRegex(lines[5], r"^production +2024-01-15 +0 +- +- +-$")
        self.assertRegex(lines[6], r"^production +all +")
        stats = json.loads(self.command("demo/shop", "--json", "--by", "month", *times))
        self.assertEqual(stats["by"], "month")
        self.assertIn("environment nowhere", self.command("demo/shop", "nowhere", code=1))
        self.assertIn("no repository demo/shup", self.command("demo/shup", code=1))
        self.assertIn("--since should be", self.command("demo/shop", "--since", "x", code=1))


if __name__ == "__main__":
    unittest.main()
