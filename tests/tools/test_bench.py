"""How ./dev bench evaluates its measurements. Nothing is measured here."""
import contextlib
import pathlib
import sys
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import bench  # noqa: E402
import figures  # noqa: E402
import sides  # noqa: E402


def side(rate, p50=1000, load=0.5):
    return {"requests": rate, "seconds": 1.0, "rate": rate, "p50": p50, "p99": 2 * p50,
            "cpu": 10.0, "load": load}


def result_of(row, pairs):
    """A row's result from (anchor, ours) pairs."""
    result = {"rounds": [{"anchor": anchor, "ours": ours} for anchor, ours in pairs]}
    result["summary"] = figures.summarize(row, result)
    return result


class SummaryTest(unittest.TestCase):
    rate_row = bench.Row("one", "GET one", "nginx", None, 0.6, 0.85, reference=100)
    p50_row = bench.Row("post-1", "POST", "SQLite", None, 1.6, 1.3, compare="p50")

    def test_the_ratio_is_the_median_of_the_rounds_and_not_of_the_rates(self):
        result = result_of(self.rate_row, [(side(100), side(50)), (side(200), side(80)),
                                           (side(100), side(90))])
        self.assertEqual(result["summary"]["ratio"], 0.5)
        self.assertEqual((result["summary"]["least"], result["summary"]["most"]), (0.4, 0.9))

    def test_a_rate_must_reach_its_target_and_a_p50_must_not_exceed_it(self):
        self.assertTrue(result_of(self.rate_row, [(side(100), side(60))])["summary"]["met"])
        self.assertFalse(result_of(self.rate_row, [(side(100), side(59))])["summary"]["met"])
        self.assertTrue(result_of(self.p50_row, [(side(9, 100), side(9, 160))])["summary"]["met"])
        self.assertFalse(result_of(self.p50_row, [(side(9, 100), side(9, 161))])["summary"]["met"])

    def test_a_slow_anchor_is_told_with_the_load(self):
        slow = result_of(self.rate_row, [(side(79, load=7.5), side(50))])
        self.assertIn("0.79 of its reference of 100/s (load average up to 7.5)",
                      figures.note_of(self.rate_row, slow))
        self.assertIsNone(figures.note_of(self.rate_row,
                                        result_of(self.rate_row, [(side(80), side(50))])))

    def test_an_invalid_row_has_no_figures_even_if_some_rounds_went_well(self):
        result = {"rounds": [{"anchor": side(100), "ours": side(50)}], "invalid": "3 refused"}
        self.assertIsNone(figures.summarize(self.rate_row, result))
        text = "\n".join(figures.table([(self.rate_row, result)]))
        self.assertIn("one is INVALID: 3 refused", text)
        self.assertNotIn("0.5", text)

    def test_a_side_that_does_wrong_makes_the_row_invalid(self):
        def refuse(_):
            raise sides.Invalid("3 refused")
        result = {"rounds": []}
        row = bench.Row("one", "GET one", "nginx",
                        lambda _: contextlib.nullcontext((refuse, refuse)), 0.6, 0.85)
        with contextlib.redirect_stdout(None):
            bench.measure_row(row, types.SimpleNamespace(rounds=1, seconds=1), None, result)
        self.assertEqual(result["invalid"], "3 refused")


class RowsTest(unittest.TestCase):
    def test_an_acknowledged_creation_without_its_rows_is_found(self):
        before = dict.fromkeys(sides.TABLES, 1)
        sides.check_rows(before, dict.fromkeys(sides.TABLES, 11), 10, 0)
        sides.check_rows(before, dict.fromkeys(sides.TABLES, 13), 10, 2)
        for after in ({**dict.fromkeys(sides.TABLES, 11), "audit": 10},
                      dict.fromkeys(sides.TABLES, 14)):
            with self.assertRaises(sides.Invalid):
                sides.check_rows(before, after, 10, 2)

    def test_nginx_gets_header_values_quoted(self):
        self.assertEqual(sides.quoted('a "b" \\'), '"a \\"b\\" \\\\"')
        with self.assertRaises(sides.Invalid):
            sides.quoted("costs $1")

    def test_the_size_on_the_wire_is_that_of_the_head_and_the_body(self):
        answer = types.SimpleNamespace(headers={"A": "b"}, body=b"12345")
        self.assertEqual(sides.wire_size(answer),
                         len("HTTP/1.1 200 OK\r\nA: b\r\n\r\n12345"))


if __name__ == "__main__":
    unittest.main()
