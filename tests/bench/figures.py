"""Summarises the rounds of a row: the median ratio with its spread, and the table.

A row's result is a dict: rounds (a measurement of each side, see sides.py), `invalid` with the
reason if a side had an error, and `summary`.
"""
import statistics

ANCHOR_MIN = 0.8  # of its reference; a slower anchor is disturbed, or wrong


def summarize(row, result):
    """The median ratio and its spread, and the medians of each side; None if no round is
    valid."""
    rounds = result["rounds"]
    if "invalid" in result or not rounds:
        return None
    ratios = [one["ours"][row.compare] / one["anchor"][row.compare] for one in rounds]
    summary = {"ratio": statistics.median(ratios), "least": min(ratios), "most": max(ratios),
               "met": reaches(row, statistics.median(ratios), row.target),
               "stretch_met": reaches(row, statistics.median(ratios), row.stretch)}
    for side in ("anchor", "ours"):
        summary[side] = {figure: statistics.median(one[side][figure] for one in rounds)
                         for figure in ("rate", "p50", "p99", "cpu")}
    return summary


def reaches(row, ratio, wanted):
    return ratio >= wanted if row.compare == "rate" else ratio <= wanted


def note_of(row, result):
    """A note that a reader of the row needs, or None."""
    if "invalid" in result:
        return f"{row.name} is INVALID: {result['invalid']}"
    summary = result.get("summary")
    if not summary or not row.reference:
        return None
    share = summary["anchor"]["rate"] / row.reference
    if share >= ANCHOR_MIN:
        return None
    load = max(one[side]["load"] for one in result["rounds"] for side in one)
    return (f"{row.name}: the anchor made {share:.2f} of its reference of {row.reference:,.0f}/s "
            f"(load average up to {load:.1f}): other work disturbs, or the anchor has a bug.")


LINE = "{:<9} {:<38} {:>10} {:>8} {:>8} {:>7} {:>6}  {:<10} {}"


def table(results):
    """The lines of the table: two for each row, and the notes."""
    lines = [LINE.format("row", "side", "requests/s", "p50 ms", "p99 ms", "cpu us", "ratio",
                         "spread", "target")]
    notes = []
    for row, result in results:
        summary = result.get("summary")
        notes += filter(None, [note_of(row, result)])
        if summary is None:
            lines.append(LINE.format(row.name, row.what, *["-"] * 7))
            continue
        sign = ">=" if row.compare == "rate" else "<="
        verdict = "stretch" if summary["stretch_met"] else "met" if summary["met"] else "MISSED"
        lines.append(side_line(row.name, row.what, summary["ours"], f"{summary['ratio']:.2f}",
                               f"{summary['least']:.2f}-{summary['most']:.2f}",
                               f"{sign} {row.target:g} ({sign} {row.stretch:g}): {verdict}"))
        lines.append(side_line("", row.anchor, summary["anchor"], "1", "", ""))
    if any(row.compare == "p50" for row, _ in results):
        notes.append("post-1 compares p50, all other rows requests/s.")
    return lines + [""] * bool(notes) + notes


def side_line(name, what, figures, *rest):
    return LINE.format(name, what, f"{figures['rate']:,.0f}", f"{figures['p50'] / 1000:.2f}",
                       f"{figures['p99'] / 1000:.2f}", f"{figures['cpu']:.0f}", *rest).rstrip()
