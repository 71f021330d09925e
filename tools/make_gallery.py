#!/usr/bin/env python3
"""Makes the pictures of docs/gallery.md: runs the built-in experiments and keeps one figure of each.

usage: tools/make_gallery.py PROGRAM

On the pocket zoo every experiment runs; on SmolLM2-135M and Gemma-3-270M those whose question they can answer, where
tools/fetch_models.py has put them. The text of the page is written by hand: read it again when a picture changes.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import fetch_models

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "gallery"
ZOO = {  # experiment: its figure
    "llama-anomaly": "titanium_projector_hypothesis",
    "long-context": "llama2_vs_llama31_hypothesis_test",
    "cross-architecture": "4model_validation_plot",
    "instruct-brake": "RLHF_safety_brake_test",
    "input-dependency": "input_dependency",
    "head-density": "pythia_family_residual_gain",
    "mistral-paradox": "mistral_paradox_investigation",
    "training-dynamics": "training_dynamics",
    "expert-routing": "expert_routing",
}
REAL = {
    "cross-architecture": "4model_validation_plot",
    "input-dependency": "input_dependency",
    "long-context": "llama2_vs_llama31_hypothesis_test",
    "mistral-paradox": "mistral_paradox_investigation",
}
CURVE = ("mistral-paradox", "paradox-curve")  # of the real models: what a specification curve looks like


def run(program, experiment, models, folder):
    out = folder / experiment
    subprocess.run([program, "run", experiment, *models, "-o", out, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return out / "figures"


def keep(figures, name, target):
    shutil.copyfile(figures / f"{name}.svg", PAGE / target)
    print(f"docs/gallery/{target}")


def main(program):
    PAGE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for experiment, figure in ZOO.items():
            keep(run(program, experiment, ["--zoo"], folder / "zoo"), figure, f"{experiment}-zoo.svg")
        files = {key: fetch_models.cache_folder() / model.file for key, model in fetch_models.MODELS.items()}
        if not all(file.is_file() for file in files.values()):
            sys.exit("the real models are not here: python3 tools/fetch_models.py " + " ".join(files))
        given = [f"--model={key.split('-', maxsplit=1)[0]}={file}" for key, file in files.items()]
        for experiment, figure in REAL.items():
            figures = run(program, experiment, given, folder / "real")
            keep(figures, figure, f"{experiment}-real.svg")
            if experiment == CURVE[0]:
                keep(figures, CURVE[1], "specification-curve.svg")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]).resolve())
