"""What the tests of the SSH door print."""


class Rows:
    """Prints a line for each thing that was looked at, and counts those that are wrong."""

    def __init__(self):
        self.wrong = 0

    def row(self, what, wrong=()):
        """`wrong` are the words for what is not as it should be; none of them is good."""
        wrong = list(wrong)
        self.wrong += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {what}", flush=True)
        for one in wrong[:10]:
            print(f"       {one}")
        if len(wrong) > 10:
            print(f"       and {len(wrong) - 10} more")

    def figure(self, text):
        """Something that was measured, and is not judged."""
        print(f"     {text}", flush=True)
