"""How ./dev bench evaluates its measurements. Nothing is measured here."""
import contextlib
import json
import pathlib
import sqlite3
import sys
import tempfile
import types
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import bench  # noqa: E402
import figures  # noqa: E402
import measure  # noqa: E402
import nginx  # noqa: E402
import report  # noqa: E402
import row as rows  # noqa: E402
import server  # noqa: E402
import stores  # noqa: E402
from row import at_least, at_most  # noqa: E402


def side(rate, p50=1000, load=0.5):
    return {"requests": rate, "seconds": 1.0, "rate": rate, "p50": p50, "p99": 2 * p50,
            "cpu": 10.0, "load": load}


def result_of(row, pairs):
    """A row's result from (anchor, ours) pairs."""
    result = {"rounds": [{"anchor": anchor, "ours": ours} for anchor, ours in pairs]}
    result["summary"] = figures.summarize(row, result)
    return result


class SummaryTest(unittest.TestCase):
    rate_row = rows.Row("one", "GET one", "nginx", None, [at_least("rate", 0.6, 0.85)],
                        reference=100)
    p50_row = rows.Row("post-1", "POST", "SQLite", None, [at_most("p50", 1.6, 1.3)])
    own_row = rows.Row("start", "start", None, None, [at_most("p99", 50_000)])

    def test_the_ratio_is_the_median_of_the_rounds_and_not_of_the_rates(self):
        result = result_of(self.rate_row, [(side(100), side(50)), (side(200), side(80)),
                                           (side(100), side(90))])
        [rate] = result["summary"]["targets"]
        self.assertEqual((rate["value"], rate["least"], rate["most"]), (0.5, 0.4, 0.9))

    def test_a_rate_must_reach_its_target_and_a_p50_must_not_exceed_it(self):
        for row, pair, verdict in (
                (self.rate_row, (side(100), side(85)), "stretch"),
                (self.rate_row, (side(100), side(60)), "met"),
                (self.rate_row, (side(100), side(59)), "MISSED"),
                (self.p50_row, (side(9, 100), side(9, 160)), "met"),
                (self.p50_row, (side(9, 100), side(9, 161)), "MISSED")):
            [target] = result_of(row, [pair])["summary"]["targets"]
            self.assertEqual(target["verdict"], verdict, pair)

    def test_a_row_without_an_anchor_compares_its_own_figure(self):
        result = {"rounds": [{"ours": side(9, 25_000)}, {"ours": side(9, 26_000)}]}
        result["summary"] = figures.summarize(self.own_row, result)
        [target] = result["summary"]["targets"]
        self.assertEqual((target["value"], target["verdict"]), (51_000, "MISSED"))
        self.assertIn("p99 51 ms (50 ms to 52 ms), target <= 50 ms: MISSED",
                      "\n".join(figures.table([(self.own_row, result)])))

    def test_a_slow_anchor_makes_the_row_invalid_and_is_told_with_the_load(self):
        slow = result_of(self.rate_row, [(side(79, load=7.5), side(79))])
        self.assertIn("0.79 of its reference of 100/s (load average up to 7.5)",
                      figures.invalid_reason(slow))
        self.assertIn("INVALID", "\n".join(figures.table([(self.rate_row, slow)])))
        self.assertIsNone(figures.invalid_reason(
            result_of(self.rate_row, [(side(80), side(50))])))

    def test_a_figure_that_a_side_has_not_is_told_and_judged_by_nobody(self):
        result = result_of(self.rate_row, [({**side(100), "cpu": None}, side(60))])
        self.assertIsNone(result["summary"]["beside"]["cpu"])

    def test_an_invalid_row_has_no_figures_even_if_some_rounds_went_well(self):
        result = {"rounds": [{"anchor": side(100), "ours": side(50)}], "invalid": "3 refused"}
        self.assertIsNone(figures.summarize(self.rate_row, result))
        text = "\n".join(figures.table([(self.rate_row, result)]))
        self.assertIn("INVALID: 3 refused", text)
        self.assertNotIn("0.5", text)

    def measured(self, sides):
        """The result of a row with these server."""
        result = {"rounds": []}
        row = rows.Row("one", "GET one", "nginx", lambda _: contextlib.nullcontext(sides), [])
        with contextlib.redirect_stdout(None):
            bench.measure_row(row, types.SimpleNamespace(rounds=1, seconds=1), None, result)
        return result

    def test_a_side_that_does_wrong_makes_the_row_invalid(self):
        def refuse(_=None):
            raise rows.Invalid("3 refused")
        good = lambda _: side(100)  # noqa: E731
        self.assertEqual(self.measured(rows.Sides(refuse, good))["invalid"], "3 refused")
        self.assertEqual(self.measured(rows.Sides(good, good, refuse))["invalid"], "3 refused")
        self.assertNotIn("invalid", self.measured(rows.Sides(good, good)))


class RowsTest(unittest.TestCase):
    def test_an_acknowledged_creation_without_its_rows_is_found(self):
        before = dict.fromkeys(server.TABLES, 1)
        server.check_rows(before, dict.fromkeys(server.TABLES, 11), 10, 0)
        server.check_rows(before, dict.fromkeys(server.TABLES, 13), 10, 2)
        for after in ({**dict.fromkeys(server.TABLES, 11), "audit": 10},
                      dict.fromkeys(server.TABLES, 14)):
            with self.assertRaises(rows.Invalid):
                server.check_rows(before, after, 10, 2)

    def test_nginx_gets_header_values_quoted(self):
        self.assertEqual(nginx.quoted('a "b" \\'), '"a \\"b\\" \\\\"')
        with self.assertRaises(rows.Invalid):
            nginx.quoted("costs $1")

    def test_the_size_on_the_wire_is_that_of_the_head_and_the_body(self):
        answer = types.SimpleNamespace(headers={"A": "b"}, body=b"12345")
        self.assertEqual(measure.wire_size(answer),
                         len("HTTP/1.1 200 OK\r\nA: b\r\n\r\n12345"))


class RequestsTest(unittest.TestCase):
    def checked(self, allowed, **result):
        with tempfile.TemporaryDirectory() as folder:
            requests = measure.Requests(folder, ("http://127.0.0.1:1", 1), [b"GET"],
                                        allowed=allowed)
            return requests.checked({"requests": 9, "statuses": {"200": 9}, "broken": 0,
                                     "unanswered": 0, **result})

    def test_a_wrong_lost_or_missing_answer_makes_the_measurement_invalid(self):
        self.checked((200,))
        for wrong in ({"statuses": {"200": 8, "503": 1}}, {"broken": 1}, {"unanswered": 1},
                      {"requests": 0}):
            with self.assertRaises(rows.Invalid, msg=wrong):
                self.checked((200,), **wrong)

    def test_where_everything_is_allowed_what_had_no_good_answer_is_counted(self):
        result = self.checked(None, statuses={"200": 5, "404": 1, "503": 2}, broken=3, unanswered=4)
        self.assertEqual(result["refused"], 10)


class StoresTest(unittest.TestCase):
    def test_a_table_that_the_fill_does_not_know_makes_the_store_invalid(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "esclusa.db"
            with contextlib.closing(sqlite3.connect(path)) as database:
                database.execute("create table new_table (count integer)")
            with self.assertRaisesRegex(rows.Invalid, "new_table"):
                stores.fill(path, 1, 1, 1)

    def test_every_table_of_the_schema_is_known(self):
        created = set()
        for file in sorted(stores.SCHEMA.glob("*.sql")):
            words = [line.split() for line in file.read_text().splitlines()]
            created |= {line[2] for line in words if line[:2] == ["create", "table"]}
            created -= {line[2].rstrip(";") for line in words if line[:2] == ["drop", "table"]}
            for line in words:
                if line[:2] == ["alter", "table"] and line[3:5] == ["rename", "to"]:
                    created = created - {line[2]} | {line[5].rstrip(";")}
        self.assertEqual(created - set(stores.FILLED) - set(stores.OTHERS), set())


class ReportTest(unittest.TestCase):
    row = rows.Row("one", "GET <one>", "nginx", None, [at_least("rate", 0.9, 1.0)])

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_file(self, name, results, commit="c1"):
        """A file of raw figures, as ./dev bench writes it."""
        kept = {row: {"what": self.row.what, "anchor": "nginx", **result}
                for row, result in results.items()}
        file = self.folder / name
        file.write_text(json.dumps({
            "commit": commit, "cpu": "x", "cores": 2, "memory_gib": 4, "kernel": "6", "rows": kept,
            "changed_files": False, "time": name, "load_average": [0.1], "rounds": 1,
            "seconds": 1, "versions": {"nginx": "1"}}))
        return str(file)

    def make(self, *files):
        with unittest.mock.patch.object(sys, "argv", ["report", "--output", str(self.folder),
                                                      *files]), contextlib.redirect_stdout(None):
            report.main()
        return (self.folder / "performance.md").read_text()

    def test_each_row_has_its_verdict_and_the_last_file_counts(self):
        slow = result_of(self.row, [(side(100), side(50))])
        fast = result_of(self.row, [(side(100), side(95))])
        text = self.make(self.run_file("1", {"one": slow, "two": slow}),
                         self.run_file("2", {"one": fast}))
        self.assertRegex(text, r"`one`.* rate x 0.95 .* >= x 0.90 . met")
        self.assertRegex(text, r"`two`.* rate x 0.50 .* MISSED")
        self.assertIn("1 of 2 targets are met, 1 missed; 0 of 2 rows are invalid", text)
        self.assertIn("one: rate x 0.95", (self.folder / "performance/targets.svg").read_text())

    def test_an_invalid_row_is_not_left_out(self):
        text = self.make(self.run_file("1", {"one": {"rounds": [], "invalid": "3 refused"}}))
        self.assertRegex(text, r"`one`.*\*\*invalid\*\*")
        self.assertIn("* `one`: 3 refused.", text)

    def test_what_was_written_by_hand_is_kept(self):
        file = self.run_file("1", {"one": result_of(self.row, [(side(100), side(50))])})
        document = self.folder / "performance.md"
        self.make(file)
        document.write_text(document.read_text().replace(report.END,
                                                         "Git takes the rest.\n" + report.END))
        self.assertIn("Git takes the rest.", self.make(file))

    def test_files_of_different_commits_are_refused(self):
        result = {"one": result_of(self.row, [(side(100), side(50))])}
        with self.assertRaisesRegex(SystemExit, "different commits"):
            self.make(self.run_file("1", result), self.run_file("2", result, commit="c2"))


if __name__ == "__main__":
    unittest.main()
