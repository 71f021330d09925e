"""What Python gives is what the command writes, byte for byte but for timings; arrays are the document's numbers."""

import json

import numpy as np
import pytest
from conftest import MODELS, ZOO, command

import streamgauge as sg

TEXTS = ["The capital of France is", "She went to the old house and"]
FLAGS = [flag for text in TEXTS for flag in ("-p", text)]


def untimed(text):
    """The lines of a document without those of its timings."""
    document = json.loads(text)
    document.pop("timings", None)
    return json.dumps(document)


def has_tokenizer(folder):
    return (folder / "tokenizer.json").exists()


def prompts_of(folder):
    return (TEXTS, FLAGS) if has_tokenizer(folder) else ([[1, 2, 3], [4, 5]], ["--ids", "1,2,3", "--ids", "4,5"])


@pytest.mark.parametrize("folder", MODELS, ids=lambda p: p.name)
def test_measure_and_gains(folder):
    prompts, flags = prompts_of(folder)
    m = sg.open(str(folder)).measure(prompts, logits="all", lens="last", massive=5)
    said = command("measure", folder, *flags, "--logits", "all", "--lens", "last", "--massive", "5", "--json", "-")
    assert untimed(m.json()) == untimed(said)
    assert m.gains_json() == command("gains", folder, *flags, "--json", "-")
    for prompt, sequence in zip(m, json.loads(said)["sequences"]):
        for site, table in prompt.norms.items():
            assert table.tolist() == sequence["norms"][site]
        for name, table in prompt.dots.items():
            assert table.tolist() == sequence["dots"][name]


@pytest.mark.parametrize("folder", MODELS, ids=lambda p: p.name)
def test_inspect_weights_tokenize(folder):
    model = sg.open(str(folder))
    assert model.inspect_json() == command("inspect", folder, "--json", "-")
    assert untimed(model.weights(all=True).json()) == untimed(command("weights", folder, "--all", "--json", "-"))
    if has_tokenizer(folder):
        assert model.tokenize_json(*TEXTS) == command("tokenize", folder, *FLAGS, "--json", "-")


def test_sites_are_those_of_the_command():
    folder = ZOO / "mistral"
    said = command("measure", folder, *FLAGS, "--sites", "resid_pre,mlp_out", "--json", "-")
    assert untimed(sg.open(folder).measure(TEXTS, sites=["resid_pre", "mlp_out"]).json()) == untimed(said)


def test_compare():
    a, b = ZOO / "llama31", ZOO / "llama31-instruct"
    assert untimed(sg.compare(str(a), str(b), TEXTS).json()) == untimed(command("compare", a, b, *FLAGS, "--json", "-"))


def test_amplification():
    folder = ZOO / "mistral"
    got = sg.open(str(folder)).weights(amplification="notebook-003", prompts=TEXTS)
    said = command("weights", folder, "--amplification", "notebook-003", *FLAGS, "--json", "-")
    assert untimed(got.json()) == untimed(said)


def test_suite():
    name = next(iter(sg.suites))
    said = command("measure", ZOO / "mistral", "--suite", name, "--json", "-")
    assert untimed(sg.open(ZOO / "mistral").measure(sg.suites[name]).json()) == untimed(said)


def test_extract(tmp_path):
    folder, file = ZOO / "mistral", tmp_path / "a.safetensors"
    command("extract", folder, *FLAGS, "--sites", "resid_post,embed", "-o", file)
    raw = file.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    head, data = json.loads(raw[8 : 8 + length]), raw[8 + length :]
    got = sg.open(folder).extract(TEXTS, sites=["resid_post", "embed"])
    stored = {"token_ids": got.ids, "sequence_index": got.sequence, "position": got.position, **got}
    assert set(stored) == set(head) - {"__metadata__"}
    for name, array in stored.items():
        first, last = head[name]["data_offsets"]
        assert np.ascontiguousarray(array).tobytes() == data[first:last], name


def test_run(tmp_path):
    done = sg.run("llama-anomaly", zoo=True, output=tmp_path / "python")
    command("run", "llama-anomaly", "--zoo", "-o", tmp_path / "command")
    ours, theirs = done.results, json.loads((tmp_path / "command" / "results.json").read_text())
    for document in (ours, theirs):
        document.pop("date", None)
        document["streamgauge"].pop("started")
    assert ours == theirs
    assert done.report_path.is_file() and done.figures and done.verdicts["label"][0]
    again = sg.analyze("llama-anomaly", done.folder / "results.json", output=tmp_path / "again")
    assert again.verdicts.to_dict()["label"] == done.verdicts.to_dict()["label"]
