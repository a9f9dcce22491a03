"""`python -m loadtests` is `hutong load`, for installations that have no command on their path."""

from __future__ import annotations

import argparse
import sys

from loadtests import cli

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="hutong load", description=cli.SUMMARY)
    cli.configure(parser)
    try:
        sys.exit(cli.run(parser.parse_args()))
    except BrokenPipeError:
        sys.exit(0)
