#!/usr/bin/env python3
"""patterns: compares our matcher for names of branches and tags with Ruby's.

Pairs of a pattern and a name go to `File.fnmatch(pattern, name, File::FNM_PATHNAME)` and to
`RefPattern`: every pattern of up to four significant characters, and longer ones that are
generated together with a matching name, after which either may be changed a little. Pairs for
which Ruby raises an exception, as for ranges and invalid UTF-8, are only counted. Exit code 1 when
there is a difference.
"""
import argparse
import collections
import itertools
import os
import pathlib
import random
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ESCLUSA_BINARY", ROOT / "build/dev/esclusa")).parent
RUBY = """
$stdin.binmode
pairs = $stdin.read.force_encoding('BINARY').split("\\0", -1)[0...-1]
pairs.each_slice(2) do |pair|
  pattern, name = pair.map { |text| text.force_encoding('UTF-8') }
  begin
    print File.fnmatch(pattern, name, File::FNM_PATHNAME) ? '1' : '0'
  rescue ArgumentError
    print 'x'
  end
end
"""
SPECIAL = ["a", ".", "/", "*", "?", "[", "]", "!", "-", "\\"]
SHORT_NAMES = ["", "a", "b", ".", "/", "aa", "a/", "/a", ".a", "a.", "a/a", "a/.a", ".a/a",
               "aa/b/a", "*", "[a]", "\\", "-", "!", "é"]
LETTERS = ["a", "a", "b", "c", "m", "z", "0", "9", "-", "_", ".", "A", "é", "ü", "日", "本", "😀"]
SPOILERS = [*SPECIAL, *LETTERS, "**/", "[!", "[^", "[]", "{a,b}", "\\/", "^", "//"]
BAD_BYTES = [b"\xff", b"\xc3", b"\xe6\x97", b"\x80", b"\xed\xa0\x80", b"\xc0\xaf"]
MATCHES_MIN = 0.2  # of the generated pairs: with fewer matches, the comparison would say little
RAISED_MAX = 0.01  # of all


def short_pairs():
    """Every short pattern with the same few names."""
    for length in range(5):
        for pattern in itertools.product(SPECIAL, repeat=length):
            for name in SHORT_NAMES:
                yield "".join(pattern).encode(), name.encode()


def escaped(letter, dice):
    return "\\" + letter if dice.random() < 0.1 or letter in "*?[\\" else letter


def make_set(letter, dice):
    """A set that contains the letter in nearly all cases."""
    members = [escaped(other, dice) for other in dice.choices(LETTERS, k=dice.randrange(3))]
    if dice.random() < 0.4:
        low, high = sorted([letter, dice.choice(LETTERS)])
        members.append(f"{escaped(low, dice)}-{escaped(high, dice)}")
    elif dice.random() < 0.3:
        return "[" + dice.choice("!^") + "".join(
            member for member in members if member != letter) + "]"
    else:
        members.append(escaped(letter, dice))
    dice.shuffle(members)
    return "[" + "".join(members) + "]"


def make_part(dice):
    """A pattern and a matching name, neither with a `/`."""
    pattern, name = [], []
    for _ in range(dice.randrange(1, 5)):
        letter = dice.choice(LETTERS)
        kind = dice.random()
        if kind < 0.45:
            pattern.append(escaped(letter, dice))
            name.append(letter)
        elif kind < 0.6:
            pattern.append("?")
            name.append(letter)
        elif kind < 0.75:
            pattern.append(make_set(letter, dice))
            name.append(letter)
        else:
            pattern.append(dice.choice(["*", "*", "*", "**"]))
            name.extend(dice.choices(LETTERS, k=dice.randrange(4)))
    return "".join(pattern), "".join(name)


def made_pair(dice):
    """A pattern and a name that matches, or matched before one of them was changed."""
    patterns, names = [], []
    for _ in range(dice.randrange(1, 5)):
        if dice.random() < 0.3:
            patterns.append("**")
            names.extend(make_part(dice)[1] for _ in range(dice.randrange(4)))
        pattern, name = make_part(dice)
        patterns.append(pattern)
        names.append(name)
    pattern, name = "/".join(patterns), "/".join(names)
    kind = dice.random()
    if kind < 0.3:
        name = spoiled(name, dice)
    elif kind < 0.6:
        pattern = spoiled(pattern, dice)
    pattern, name = pattern.encode(), name.encode()
    if dice.random() < 0.05:
        pattern = with_bad_bytes(pattern, dice)
    if dice.random() < 0.05:
        name = with_bad_bytes(name, dice)
    return pattern, name


def spoiled(text, dice):
    """The text with one character added, removed or replaced, or with a part repeated."""
    at = dice.randrange(len(text) + 1)
    kind = dice.randrange(4)
    if kind == 0:
        return text[:at] + dice.choice(SPOILERS) + text[at:]
    if kind == 1:
        return text[:at] + text[at + 1:]
    if kind == 2:
        return text[:at] + dice.choice(SPOILERS) + text[at + 1:]
    return text[:at] + text[dice.randrange(at + 1):]


def with_bad_bytes(data, dice):
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(BAD_BYTES) + data[at:]


def ask(command, pairs):
    """One character for each pair."""
    given = b"".join(part + b"\0" for pair in pairs for part in pair)
    answers = subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True).stdout
    if len(answers) != len(pairs):
        sys.exit(f"patterns: {command[0]} answered {len(answers)} of {len(pairs)} questions")
    return answers.decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000, metavar="N",
                        help="made-up pairs (100,000), beside those with short patterns")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    ruby = shutil.which("ruby")
    if not ruby:
        sys.exit("patterns: ruby is missing: apt-get install --no-install-recommends ruby")
    dice = random.Random(options.seed)
    kinds = {"short patterns": list(short_pairs()),
             "made-up pairs": [made_pair(dice) for _ in range(options.pairs)]}
    bad = False
    for kind, pairs in kinds.items():
        expected = ask([ruby, "-e", RUBY], pairs)
        given = ask([str(BUILD / "match_patterns")], pairs)
        counts = collections.Counter(expected)
        different = [(pair, theirs) for pair, theirs, ours in zip(pairs, expected, given)
                     if theirs not in ("x", ours)]
        print(f"{kind}: {len(pairs)} compared, seed {options.seed}; {counts['1']} match, "
              f"{counts['0']} do not, Ruby raises at {counts['x']}; {len(different)} differences")
        for (pattern, name), theirs in different[:20]:
            print(f"    {pattern!r} and {name!r}: Ruby says {theirs == '1'}")
        bad = bad or different or counts["x"] > RAISED_MAX * len(pairs)
        if kind == "made-up pairs" and counts["1"] < MATCHES_MIN * len(pairs):
            print("    too few match")
            bad = True
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
