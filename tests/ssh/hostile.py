"""Hostile values of SSH_ORIGINAL_COMMAND: those of commands.txt, and variations of them."""
import pathlib
import random
import re

CORPUS = pathlib.Path(__file__).with_name("commands.txt")
REPOSITORY = "demo/shop"
# All valid commands; names are case-insensitive.
RIGHT = re.compile(rb"git[- ](?:upload|receive)-pack '/?(?i:demo/shop)(?:\.git)?'")
RIGHT_COMMANDS = [f"{program} '{path}'" for program in (
    "git-upload-pack", "git upload-pack", "git-receive-pack", "git receive-pack")
    for path in ("demo/shop.git", "demo/shop", "/demo/shop.git", "/Demo/Shop")]
PIECES = [b"'", b"''", b'"', b"\\", b"\\'", b"`", b"$", b"$(id)", b"`id`", b"${IFS}", b";", b"; id",
          b"&&id", b"||id", b"|id", b"&", b"\n", b"\nid\n", b"\r", b"\t", b" ", b"  ", b"#", b"!",
          b"<", b">", b"(", b")", b"{", b"}", b"*", b"?", b"[", b"]", b"~", b"-", b"--", b"--help",
          b" -c id", b"--upload-pack=id", b"..", b"/..", b"../", b"./", b"/", b"//", b".git", b".",
          b"\x01", b"\x1b[31m", b"\x7f", b"\x80", b"\xff", b"\xc0\xaf", b"\xe2\x80\xae", b"%s",
          b"%00", b"%0a", b"\xc2\xa0", b"git", b"git-", b"upload-pack", b"receive-pack", b"id"]
LONG = [4095, 4096, 4097, 65_536, 131_000 - len("SSH_ORIGINAL_COMMAND=")]


def read_corpus():
    """The values of commands.txt."""
    values = []
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        line = line.rstrip(" ")
        if line and not line.startswith("#"):
            values.append(unescaped(line.replace("{repo}", REPOSITORY)))
    assert not any(RIGHT.fullmatch(value) for value in values), "a line is nothing hostile"
    return values


def unescaped(line):
    meant = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"\\": b"\\"}
    return re.sub(rb"\\(x[0-9a-f]{2}|.)",
                  lambda found: bytes([int(found[1][1:], 16)]) if len(found[1]) == 3
                  else meant[found[1]], line.encode())


def long_values():
    """Values of the greatest length that a process can get, and around the limit of our
    program."""
    for size in LONG:
        for begin, end in ((b"git-upload-pack 'demo/shop.git'", b""), (b"git-upload-pack '", b"'"),
                           (b"git-upload-pack '/", b"demo/shop.git'"), (b"", b"")):
            yield begin + b"a" * (size - len(begin) - len(end)) + end


def mutated(value, dice):
    """A value with a part added, removed, doubled or moved."""
    for _ in range(dice.randrange(1, 4)):
        at, size = dice.randrange(len(value) + 1), dice.randrange(1, 6)
        kind = dice.randrange(6)
        if kind == 0:
            value = value[:at] + dice.choice(PIECES) + value[at:]
        elif kind == 1:
            value = value[:at] + value[at + size:]
        elif kind == 2:
            value = value[:at] + bytes([dice.randrange(1, 256)]) + value[at + 1:]
        elif kind == 3:
            value = value[:at] + value[at:at + size] + value[at:]
        elif kind == 4:
            value += dice.choice(PIECES)
        else:
            value = dice.choice(PIECES) + value
    return value


def hostile_values(count, seed):
    """`count` different values: the corpus, long ones, and generated ones, the same for each
    seed."""
    dice = random.Random(seed)
    corpus = read_corpus()
    values = dict.fromkeys([*corpus, *long_values()])
    right = [command.encode() for command in RIGHT_COMMANDS]
    while len(values) < count:
        value = mutated(dice.choice(right if dice.random() < 0.7 else corpus), dice)
        if b"\0" not in value and not RIGHT.fullmatch(value):
            values[value] = None
    return list(values)[:count]
