"""The output of the tests of git over SSH."""


class Rows:
    """Prints a line for each check, and counts the failed ones."""

    def __init__(self):
        self.wrong = 0

    def row(self, what, wrong=()):
        """`wrong` are descriptions of the errors; no description means success."""
        wrong = list(wrong)
        self.wrong += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {what}", flush=True)
        for one in wrong[:10]:
            print(f"       {one}")
        if len(wrong) > 10:
            print(f"       and {len(wrong) - 10} more")

    def figure(self, text):
        """A measured value that is not judged."""
        print(f"     {text}", flush=True)
