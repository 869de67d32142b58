"""Runs the built simulation, because tools/mutants starts each command with Python."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    program = str(ROOT / "build/dev/simulate")
    os.execv(program, [program, *sys.argv[1:]])
