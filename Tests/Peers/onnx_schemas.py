#!/usr/bin/env python3
"""Writes every operator of the installed `onnx` package, one line each with its versions:

    onnx_schemas.py [FILE]        default Tests/AviaryConformanceTests/schemas.txt

    <domain> <operator> <version>[d] ...       `d` marks a version that deprecates the operator; a trailing
                                               `function` says that the specification defines it by others
"""

import sys
from collections import defaultdict
from pathlib import Path

from onnx import defs


def main():
    root = Path(__file__).resolve().parents[2]
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "Tests/AviaryConformanceTests/schemas.txt"
    versions, functions = defaultdict(list), set()
    for schema in defs.get_all_schemas_with_history():
        name = (schema.domain or "ai.onnx", schema.name)
        versions[name].append((schema.since_version, schema.deprecated))
        if schema.has_function or schema.has_context_dependent_function:
            functions.add(name)
    lines = []
    for name, found in sorted(versions.items()):
        numbers = [f"{version}{'d' if deprecated else ''}" for version, deprecated in sorted(found)]
        lines.append(" ".join([*name, *numbers] + (["function"] if name in functions else [])))
    out.write_text("\n".join(lines) + "\n")
    print(f"{out}: {len(lines)} operators")


if __name__ == "__main__":
    main()
