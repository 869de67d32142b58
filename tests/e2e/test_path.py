"""A small sample of tests/path/accepted.py: all consumers see exactly what the API has
accepted."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "path"))
import accepted  # noqa: E402


class Path(unittest.TestCase):
    def test_a_seed_of_it(self):
        taken, refused = accepted.play(1, 5)
        self.assertGreater(taken, 3)
        self.assertGreater(refused, 0)


if __name__ == "__main__":
    unittest.main()
