"""What users write, for the type checkers (test_types.py); never run."""

from __future__ import annotations

import pathlib

import numpy as np
import numpy.typing as npt

import streamgauge as sg


def tell(done: float, total: float, label: str) -> None:
    print(f"{label}: {done / total:.0%}")


def measured() -> sg.Measurement:
    model = sg.open(pathlib.Path("zoo") / "mistral", embed_scale="stored")
    ids: list[int] = model.tokenize("The capital of France is", special="none") or model.tokenize("a", special=False)
    m = model.measure([ids, [1, 2, 3]], sites=["resid_pre", ("resid_post")], lens="last", targets=["Paris", 5], progress=tell)
    m = model.measure("one", special="bos", memory="1.5G", progress=True)
    m = model.measure([{"role": "user", "content": "hello"}], generation_prompt=False)
    m = model.measure([sg.Prompt("a", "facts", columns={"source": "hand"})], chat=True, system="Be brief")
    m = model.measure(np.array([[1, 2], [3, 4]]).tolist())
    m = model.measure(sg.read_prompts("prompts.csv", text_key="question"))
    return model.measure(sg.suites["notebook-003"], threads=2)


def norms(m: sg.Measurement) -> npt.NDArray[np.float64]:
    table: npt.NDArray[np.float64] = m.norms["resid_post"]
    exact: npt.NDArray[np.float64] = m[0].norms["resid_post"]
    layer: npt.NDArray[np.float64] = m[0]["resid_post", 2] + m[0].norms["blocks.2.hook_resid_post"] + m.norms["resid_post", 2][0]
    gain: float | None = m.gain("notebook-003")
    if gain is not None:
        print(f"{gain:.2f}", exact.shape, m[0].columns.get("source", ""), m[0].id)
    for prompt in m:
        print(len(prompt), prompt.tokens[0])
    for row in m.gains():
        print(row["definition"])
    m.explore("page.html")
    print(layer, m.gains("notebook-003", reduce="median"), m.gains_by_prompt(), m.gains_by_block())
    names: tuple[str, ...] = m.massive.columns
    print(names, len(m.logits), m.targets["rank"], m.decomposition(prompt=0, token=-1).to_csv())
    return table[:, -1][m.mask]


def others() -> dict[str, npt.NDArray[np.float32]]:
    model = sg.open("zoo/mistral")
    got = model.extract("The king", sites=[("resid_post", -1), "blocks.1.hook_mlp_out"], positions=[0, -1])
    model.extract_to("rows.npz", ["The king"], sites="embed", positions="last")
    comparison = sg.compare(model, "zoo/llama31", ["a"], weights="off", layers=[-1])
    comparison = sg.compare(model, "states.npz", "a", map={"layers.{}.out": "resid_post"}, chat_template_kwargs={"deep": True})
    first = comparison.first_divergence(1e-3)
    if first is not None:
        print(first["site"], comparison.sentences[0], comparison.matrices)
    states: tuple[npt.NDArray[np.float32], ...] = sg.hidden_states(model, "a")
    weights = model.weights(all=True, amplification="notebook-003", prompts=["a"])
    run = sg.run("llama-anomaly", models={"a": sg.open("zoo/mistral"), "b": "zoo/llama2"}, change={"prompts.suite": "notebook-003"}, prompts="prompts.csv")
    folder: pathlib.Path = sg.plan("corpus", "zoo/mistral", ["a.txt"], output="out", context=64)
    stats: sg.CorpusStats = sg.stats(sg.open("zoo/mistral"), "a.txt", sites=["resid_post"], quantiles=[0.5]) + sg.CorpusStats.load("b")
    stats.save("both")
    print(stats.table["q50"], folder, run.results["model"], run.document["streamgauge"], len(run.results))
    print(states[0].dtype, weights["spectral_norm"], run.verdicts, run.report_path.name, run.figures["growth"].svg)
    print(sg.doctor(), sg.definitions[0], sg.families["family"], sg.numerics, sg.__version__)
    return got


def failing() -> str:
    try:
        sg.open("none")
    except sg.Error as error:
        return f"{error.what} {error.expected} {error.hint} {error.exit_code}"
    return ""


def wrong(m: sg.Measurement) -> None:
    """What the checkers must refuse; each line is an error that is expected there."""
    m.gain(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    m.norms["resid_post"] = 1  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    sg.open("a", True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sg.open("a").measure("b", logits="some")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
