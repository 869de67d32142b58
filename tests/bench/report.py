#!/usr/bin/env python3
"""report: makes docs/performance.md and its plots from the raw figures of ./dev bench.

  report.py [--output FOLDER] FILE...     FILEs of .cache/bench, of the same commit and machine

A row that is in several files is taken from the last one. The table has each target with its
verdict; nothing is left out. Bars show how far a figure is from its target. What is written by hand
between the two marks of docs/performance.md, such as the reasons of missed rows, is kept.
"""
import argparse
import itertools
import json
import pathlib
import sys
import types

import figures
from measure import harness

BEGIN, END = "<!-- written by hand: begin -->", "<!-- written by hand: end -->"
WIDTH, BAR, LEFT = 760, 18, 330  # pixels
SCALE = 2.0  # a bar ends at twice the target
COLOURS = {"stretch": "#2a7d4f", "met": "#4a9d6f", "MISSED": "#c0533f"}


def load(files):
    """(the report of the last file, row → result) of all files, which must belong together."""
    reports = [json.loads(pathlib.Path(file).read_text()) for file in files]
    places = {(one["commit"], one["cpu"], one["cores"]) for one in reports}
    if len(places) > 1:
        sys.exit(f"report: the files are of different commits or machines: {sorted(places)}")
    rows = {}
    for one in reports:
        rows |= one["rows"]
    return reports[-1], rows


def row_of(name, result):
    """What figures.py needs of a row."""
    return types.SimpleNamespace(name=name, what=result["what"], anchor=result["anchor"])


# ------------------------------------------------------------------ the table

def side_cells(side):
    def cell(figure, divisor, form):
        value = (side or {}).get(figure)
        return "–" if value is None else format(value / divisor, form)
    return [cell("rate", 1, ",.0f"), cell("p50", 1000, ".2f"), cell("p99", 1000, ".2f"),
            cell("cpu", 1, ".1f")]


def table(rows):
    yield "| row | what | against | req/s | p50 ms | p99 ms | cpu µs | figure | target | verdict |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, result in rows.items():
        summary, row = result.get("summary"), row_of(name, result)
        reason = figures.invalid_reason(result)
        if summary is None:
            yield f"| `{name}` | {row.what} | {row.anchor or '–'} |" + " – |" * 6 + " **invalid** |"
            continue
        shown = [f"{one['figure']} {figures.value_text(row, one, 'value')}"
                 for one in summary["targets"] if one["target"] is None]
        shown += [f"{figure} x {value:.2f}" for figure, value in summary["beside"].items()
                  if value is not None]
        judged = [target_cells(row, one, reason) for one in summary["targets"]
                  if one["target"] is not None]
        sides = [f"| `{name}` | {row.what} | {row.anchor or '–'} | "
                 + " | ".join(side_cells(summary["ours"]))]
        if row.anchor:
            sides.append(f"| | {row.anchor} | | " + " | ".join(side_cells(summary["anchor"])))
        facts = [*judged, *([f"{', '.join(shown)} | | "] if shown else [])]
        for side, fact in itertools.zip_longest(sides, facts):
            yield f"{side or '| ' * 7} | {fact or '| | '} |"


def target_cells(row, one, reason):
    value, least, most, bound = (figures.value_text(row, one, key)
                                 for key in ("value", "least", "most", "target"))
    verdict = "**invalid**" if reason else one["verdict"] or "–"
    sign = ">=" if one["more"] else "<="
    return f"{one['figure']} {value} ({least} to {most}) | {sign} {bound} | {verdict}"


def invalid_rows(rows):
    """A line for each invalid row, with its reason."""
    return [f"* `{name}`: {reason}." for name, result in rows.items()
            if (reason := figures.invalid_reason(result))]


# ------------------------------------------------------------------ the plots

def bars(rows):
    """(text, share of the target, verdict) for each target; a share above 1 is better than the
    target."""
    for name, result in rows.items():
        summary, row = result.get("summary"), row_of(name, result)
        if summary is None or figures.invalid_reason(result):
            continue
        for one in summary["targets"]:
            if one["target"] is None or one["value"] is None:
                continue
            better, worse = ((one["value"], one["target"]) if one["more"]
                             else (one["target"], one["value"]))
            share = better / worse if worse else SCALE
            yield (f"{name}: {one['figure']} {figures.value_text(row, one, 'value')}", share,
                   one["verdict"])


def plot(shown):
    """An SVG with a bar for each target. The line in the middle is the target: what reaches it or
    lies beyond is met."""
    height = BAR * (len(shown) + 2)
    inside = WIDTH - LEFT - 10
    line = LEFT + inside / SCALE
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             'font-family="sans-serif" font-size="11">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>']
    for number, (text, share, verdict) in enumerate(shown):
        top = BAR * (number + 1)
        length = inside * min(share, SCALE) / SCALE
        lines.append(f'<text x="{LEFT - 8}" y="{top + 12}" text-anchor="end">{escaped(text)}</text>'
                     f'<rect x="{LEFT}" y="{top + 2}" width="{max(length, 1):.1f}" '
                     f'height="{BAR - 5}" fill="{COLOURS[verdict]}"/>')
    lines += [f'<line x1="{line}" y1="{BAR}" x2="{line}" y2="{height - BAR}" stroke="black"/>',
              f'<text x="{line}" y="{height - 4}" text-anchor="middle">target</text>', "</svg>"]
    return "\n".join(lines) + "\n"


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# ------------------------------------------------------------------ the document

def document(report, rows, plots, kept):
    versions = ", ".join(f"{name} {text}" for name, text in report["versions"].items())
    missed = [one for one in bars(rows) if one[2] == "MISSED"]
    total = sum(1 for _ in bars(rows))
    changed = " with changes" if report["changed_files"] else ""
    return "\n".join([
        "# Performance", "",
        "Made by `./dev bench report` from the raw figures of `./dev bench`; change only what is "
        "between the marks.", "",
        f"* **Commit** {report['commit']}{changed}, measured {report['time']}",
        f"* **Machine** {report['cores']} cores of {report['cpu']}, {report['memory_gib']} GiB, "
        f"Linux {report['kernel']}, load average {report['load_average'][0]:.1f} at the start",
        f"* **Rounds** {report['rounds']} of {report['seconds']} s for either side",
        f"* **Programs** {versions}", "",
        f"{total - len(missed)} of {total} targets are met, {len(missed)} missed; "
        f"{len(invalid_rows(rows))} of {len(rows)} rows are invalid. A figure with a cross is the "
        "ratio to the row's anchor, the median of all rounds, with the least and the most.",
        "", *(f"![{name}](performance/{name}.svg)" for name in plots), "",
        *table(rows), "", *invalid_rows(rows), "", BEGIN, kept.strip("\n"), END, ""])


def written_by_hand(file):
    """What stands between the marks of an existing document."""
    text = file.read_text() if file.exists() else ""
    return text.partition(BEGIN)[2].partition(END)[0]


def main():
    parser = argparse.ArgumentParser(prog="./dev bench report")
    parser.add_argument("--output", type=pathlib.Path, default=harness.ROOT / "docs")
    parser.add_argument("files", nargs="+", metavar="FILE")
    options = parser.parse_args()
    report, rows = load(options.files)
    for name, result in rows.items():  # a file has what its run knew
        result.setdefault("summary", None)
    greedy = {name for name in rows if name.startswith("greed-")}
    plots = {"targets": [name for name in rows if name not in greedy],
             "greed": [name for name in rows if name in greedy]}
    plots = {plot_name: names for plot_name, names in plots.items() if names}
    folder = options.output / "performance"
    folder.mkdir(parents=True, exist_ok=True)
    for plot_name, names in plots.items():
        shown = list(bars({name: rows[name] for name in names}))
        (folder / f"{plot_name}.svg").write_text(plot(shown))
    file = options.output / "performance.md"
    file.write_text(document(report, rows, plots, written_by_hand(file)))
    print(f"{file}, {len(rows)} rows")


if __name__ == "__main__":
    main()
