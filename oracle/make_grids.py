#!/usr/bin/env python3
"""Writes src/kernel/grid_data.cc: the lattices of GGUF's i-quants, as the gguf package has them.

A lattice is part of the format: entry i is the 8 (or 4) magnitudes that code i stands for. Stored as indices into the
few magnitudes that occur. Run: python3 oracle/make_grids.py OUTPUT
"""
import sys

import gguf
import numpy as np

TYPES = ("IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ1_S")
HEAD = """// The lattices of GGUF's i-quants, made by oracle/make_grids.py from the gguf package {version}: facts of the format.
#include "kernel/grids.h"

// clang-format off
namespace sg::grid_data {{
"""


def indices(name):
    kind = getattr(gguf.quants, name)
    kind.init_grid()
    levels = np.array(kind.grid_map, np.float32)
    return (kind.grid.reshape(-1, 1) == levels).argmax(-1).astype(np.uint8), len(levels)


def main():
    import importlib.metadata
    lines = [HEAD.format(version=importlib.metadata.version("gguf"))]
    for name in TYPES:
        index, levels = indices(name)
        per_byte = 4 if levels == 3 else 2
        bits = 8 // per_byte
        packed = (index.reshape(-1, per_byte) << (bits * np.arange(per_byte, dtype=np.uint8))).sum(-1)
        lines.append(f"extern const unsigned char k{name.replace('_', '')}[{packed.size}] = {{")
        for row in packed.reshape(-1, 32):
            lines.append("    " + ", ".join(map(str, row)) + ",")
        lines.append("};\n")
    lines.append("}  // namespace sg::grid_data")
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
