#!/usr/bin/env python3
"""Starts a model family: writes src/model/families/NAME.cc with the rows of LLaMA's graph to change.

    tools/new_family.py smollm3 --model-type smollm3 --gguf-arch smollm3 --summary "SmolLM3 3B"

The file compiles as it is. docs/adding-a-family.md says what to change and how to prove it.
"""
import argparse
import pathlib
import re
import sys

TEMPLATE = """// {summary}.
// Facts: transformers models/{model_type}.
#include "model/families/rows.h"

namespace sg::families {{
namespace {{

constexpr auto kTensors = join(kLlamaEnds, kInputNorms, kLlamaAttention, kLlamaMlp);

constexpr auto kConfig = join(kLlamaWidths, kGroupedHeads,
                              fields({{
                                  max_position(2048),
                                  rms_eps(1e-6),
                                  activation("hidden_act", Act::kSilu),
                                  tied(false),
                                  rope_theta(10000),
                              }}));

}}  // namespace

extern const Family {symbol};  // external linkage: the generated list refers to it
constinit const Family {symbol} = {{
    .name = "{name}",
    .model_types = "{model_type}",
    .gguf_arch = "{gguf_arch}",
    .summary = "{summary}",
    .base_prefix = "model.",
    .tensors = kTensors,
    .config = kConfig,
    .position = {{.pairing = kHalvesBoth}},
}};

}}  // namespace sg::families
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="lower_snake name, which is also the file's")
    parser.add_argument("--model-type", help="config.json's model_type; NAME when not given")
    parser.add_argument("--gguf-arch", default="", help="general.architecture; empty when llama.cpp has none")
    parser.add_argument("--summary", required=True, help="which models this is, for people")
    args = parser.parse_args()
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", args.name):
        sys.exit(f"{args.name}: expected lower_snake, such as gpt_neox")
    path = pathlib.Path(__file__).resolve().parent.parent / "src/model/families" / f"{args.name}.cc"
    symbol = "k" + "".join(word.capitalize() for word in args.name.split("_"))
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(TEMPLATE.format(name=args.name, symbol=symbol, summary=args.summary, gguf_arch=args.gguf_arch,
                                      model_type=args.model_type or args.name))
    except FileExistsError:
        sys.exit(f"{path} is there already; edit it or choose another name")
    print(f"{path}\nNext: two cases in oracle/, then ctest -R golden. docs/adding-a-family.md has the steps.")


if __name__ == "__main__":
    main()
