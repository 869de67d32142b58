#!/usr/bin/env python3
"""Makes github_paths.txt: every method and path of GitHub's official API description.

    npm pack @octokit/openapi@23.0.2 && tar -xf octokit-openapi-23.0.2.tgz
    tests/e2e/make_github_paths.py package >tests/e2e/github_paths.txt
"""
import json
import pathlib
import sys

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    package = pathlib.Path(sys.argv[1])
    about = json.loads((package / "package.json").read_text())
    paths = json.loads((package / "generated/api.github.com.json").read_text())["paths"]
    print(f"# Made by make_github_paths.py from {about['name']} {about['version']} "
          f"({about['license']} licence), api.github.com.")
    for path in sorted(paths):
        for method in METHODS:
            if method in paths[path]:
                print(method.upper(), path)


if __name__ == "__main__":
    main()
