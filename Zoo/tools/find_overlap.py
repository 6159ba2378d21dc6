#!/usr/bin/env python3
"""Lists the FER2013 training files whose pixels equal a test image: Zoo/training/excluded.txt.

    find_overlap.py            writes the list
    find_overlap.py --check    exits 1 unless the committed list is what the data says

This script opens test images, the training code never does: it reads the committed list instead.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from training.pixels import identity, read_grey, read_training_archive, shared  # noqa: E402

LIST = Path(__file__).resolve().parents[1] / "training" / "excluded.txt"


def test_identities():
    return {identity(read_grey(path.read_bytes()))
            for path in (shared() / "data" / "fer2013" / "test").glob("*/*.jpg")}


def overlap():
    test = test_identities()
    return sorted((name, digest) for name, _, pixels in read_training_archive()
                  if (digest := identity(pixels)) in test)


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true")
    check = arguments.parse_args().check
    found = overlap()
    text = "".join(f"{digest}  {name}\n" for name, digest in found)
    header = "# Training files whose pixels equal a test image (Zoo/tools/find_overlap.py): SHA-256 of the pixels, file\n"
    if check:
        if LIST.read_text() != header + text:
            sys.exit(f"{LIST} does not list the {len(found)} files that the data gives")
        return print(f"{len(found)} training files equal a test image, all listed")
    LIST.write_text(header + text)
    print(f"{len(found)} files listed in {LIST}")


if __name__ == "__main__":
    main()
