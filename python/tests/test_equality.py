"""What Python gives is what the command writes, byte for byte but for timings; arrays are the document's numbers."""

import json
import pickle
import shutil
import subprocess

import numpy as np
import pytest
from conftest import MODELS, ZOO, command

import streamgauge as sg
from streamgauge._program import program

TEXTS = ["The capital of France is", "She went to the old house and"]
FLAGS = [flag for text in TEXTS for flag in ("-p", text)]


def untimed(text):
    """The lines of a document without those of its timings."""
    document = json.loads(text)
    document.pop("timings", None)
    return json.dumps(document)


def name_of(folder):
    return str(folder.relative_to(ZOO))


def has_tokenizer(folder):
    """One that knows the texts: that of zoo/grokking knows numbers alone."""
    return (folder / "tokenizer.json").exists() and folder.parent == ZOO


def prompts_of(folder):
    return (TEXTS, FLAGS) if has_tokenizer(folder) else ([[1, 2, 3], [4, 5]], ["--ids", "1,2,3", "--ids", "4,5"])


@pytest.mark.parametrize("folder", MODELS, ids=name_of)
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


@pytest.mark.parametrize("folder", MODELS, ids=name_of)
def test_inspect_weights_tokenize(folder):
    model = sg.open(str(folder))
    assert model.inspect_json() == command("inspect", folder, "--json", "-")
    assert untimed(model.weights(all=True).json()) == untimed(command("weights", folder, "--all", "--json", "-"))
    if has_tokenizer(folder):
        assert model.tokenize_json(*TEXTS) == command("tokenize", folder, *FLAGS, "--json", "-")


TABLE = "id,text,kind\nfirst,The king,royal\n,She went to the old house and,\nlast,a b c,plain\n"


def test_prompts_of_a_file(tmp_path):
    file, folder = tmp_path / "prompts.csv", ZOO / "mistral"
    file.write_text(TABLE)
    m = sg.open(folder).measure(sg.read_prompts(file), special="none")
    assert untimed(m.json()) == untimed(command("measure", folder, "-f", file, "--special", "none", "--json", "-"))
    assert [p.id for p in m] == ["first", None, "last"] and m[0].columns == {"kind": "royal"} and m[1].columns == {}
    other = sg.open(folder).measure(sg.read_prompts(file, text_key="kind", id_key="text"), special="bos")
    flags = ["-f", file, "--text-key", "kind", "--id-key", "text", "--special", "bos"]
    assert untimed(other.json()) == untimed(command("measure", folder, *flags, "--json", "-"))


@pytest.mark.parametrize("name", ["p.txt", "p.csv", "p.tsv", "p.jsonl", "p.json"])
def test_prompts_that_are_no_unicode_text(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(b'text\n{"text": "caf\xe9"}\n')
    said = subprocess.run([program(), "measure", ZOO / "mistral", "-f", file], capture_output=True, text=True, check=False)
    with pytest.raises(sg.InputError, match="not UTF-8") as caught:
        sg.read_prompts(file)
    assert said.returncode == 3 and str(caught.value) in said.stderr


def test_conversations(tmp_path):
    folder, file = ZOO / "llama31-instruct", tmp_path / "talk.jsonl"
    talk = [{"role": "user", "content": "The king"}, {"role": "assistant", "content": "went"}]
    file.write_text(json.dumps({"messages": talk}) + "\n")
    model = sg.open(folder)
    said = command("measure", folder, "-f", file, "--no-generation-prompt", "--json", "-")
    assert untimed(model.measure(talk, generation_prompt=False).json()) == untimed(said)
    assert untimed(model.measure([talk], generation_prompt=False).json()) == untimed(said)
    said = command("measure", folder, *FLAGS, "--chat", "--system", "Be brief", "--json", "-")
    assert untimed(model.measure(TEXTS, chat=True, system="Be brief").json()) == untimed(said)
    with pytest.raises(sg.Error) as caught:
        sg.open(ZOO / "mistral").measure(TEXTS, chat=True)
    assert "chat template" in str(caught.value)


def test_what_the_chat_template_may_ask_for(tmp_path):
    talk = [{"role": "user", "content": "The king"}]
    folder = tmp_path / "thinks"
    shutil.copytree(ZOO / "llama31-instruct", folder)
    template = "{{ messages[0]['content'] }}{% if deep %} thinks{% endif %}{% for t in tools or [] %} {{ t.name }}{% endfor %}"
    (folder / "chat_template.jinja").write_text(template)
    model, flags = sg.open(folder), ["--chat", "--chat-template-kwargs", '{"deep": true}']
    said = json.loads(command("measure", folder, *FLAGS, *flags, "--json", "-"))["sequences"]
    ours = model.measure(TEXTS, chat=True, chat_template_kwargs={"deep": True})
    assert [p.text for p in ours] == [s["text"] for s in said] and ours[0].text.endswith(" thinks")
    assert [p.norms["resid_post"].tolist() for p in ours] == [s["norms"]["resid_post"] for s in said]
    assert model.measure(talk).ids != model.measure(talk, chat_template_kwargs={"deep": True}).ids
    assert model.extract(talk, chat_template_kwargs={"deep": True}).ids.tolist() == sum(
        model.measure(talk, chat_template_kwargs={"deep": True}).ids, [])
    file = tmp_path / "talk.jsonl"
    rows = [{"messages": talk, "tools": [{"name": "hammer"}], "chat_template_kwargs": {"deep": False}, "kind": "a"},
            {"messages": talk}, {"text": "a b"}, {"ids": [1, 2]}]  # fmt: skip
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    read = sg.read_prompts(file)
    assert read[0].template["tools"] == [{"name": "hammer"}] and read[0].columns == {"kind": "a"}
    assert untimed(model.measure(read).json()) == untimed(command("measure", folder, "-f", file, "--json", "-"))
    both = model.measure(read, chat_template_kwargs={"deep": True})
    assert [p.text for p in both][:3] == ["The king hammer", "The king thinks", "a b"]
    for prompts, wrong in (("a", {"deep": True}), (talk, 5), (talk, {"a": object()}), (talk, {1: 2})):
        with pytest.raises(sg.Error):
            model.measure(prompts, chat_template_kwargs=wrong)


def test_targets():
    folder = ZOO / "mistral"
    m = sg.open(folder).measure(TEXTS, targets=["king", 5], lens="all")
    flags = ["--target", "king", "--target", "5", "--lens", "all"]
    assert untimed(m.json()) == untimed(command("measure", folder, *FLAGS, *flags, "--json", "-"))
    assert len(m.targets) == 2 * len(m.lens) and m.targets["rank"].min() >= 1


def test_heads_and_writers():
    m = sg.open(ZOO / "mistral").measure(TEXTS, heads=True, writers=["-1:3:0", (1, 5)])
    said = command("measure", ZOO / "mistral", *FLAGS, "--heads", "--writers", "-1:3:0", "--writers", "1:5", "--json", "-")
    assert untimed(m.json()) == untimed(said)
    sequences = json.loads(said)["sequences"]
    assert m.writers == [s["writers"] for s in sequences]
    for i, sequence in enumerate(sequences):
        assert m.head_layers == sequence["heads"]["layers"]
        for name in ("contribution", "first_token_mass", "massive_token_mass", "entropy"):
            assert m[i].heads[name].tolist() == sequence["heads"][name]
            length = len(m[i])
            assert np.array_equal(m.heads[name][i, ..., :length], m[i].heads[name])
            assert np.isnan(m.heads[name][i, ..., length:]).all()
    again = pickle.loads(pickle.dumps(m))
    assert np.array_equal(again.heads["entropy"], m.heads["entropy"], equal_nan=True)
    assert again.writers == m.writers and again.json() == m.json()
    plain = sg.open(ZOO / "mistral").measure(TEXTS)
    for wanting in (lambda: plain.writers, lambda: plain.heads["entropy"], lambda: pickle.loads(pickle.dumps(plain)).writers):
        with pytest.raises(sg.Error):
            wanting()


@pytest.mark.parametrize("folder", MODELS, ids=lambda f: f.name)
def test_all_of_a_measurement_comes_back(folder, tmp_path):
    model = sg.open(folder)
    m = model.measure([[1, 2, 3], [4, 5]], logits="all", lens="all", targets=[5], writers=["0:1:0", (-1, 2)], massive=5)
    m.save(tmp_path / "m.json")
    for again in (pickle.loads(pickle.dumps(m)), sg.Measurement.load(tmp_path / "m.json")):
        assert again.json() == m.json() and again.writers == m.writers and len(m.writers[0]) == 2


def test_writers_of_a_damaged_file(tmp_path):
    document = json.loads(sg.open(ZOO / "mistral").measure(TEXTS, writers=["1:5:0"]).json())

    def of(d):
        return d["sequences"][0]["writers"][0]

    for damage in (lambda d: d["sequences"][1].pop("writers"), lambda d: of(d).pop("mlp_out"), lambda d: of(d).update(layer=99),
                   lambda d: of(d).update(token=-1), lambda d: of(d)["attn_out"].update(heads="a"), lambda d: of(d).update(channel=1.5),
                   lambda d: of(d)["mlp_out"]["networks"].append(3), lambda d: d["sequences"][0].update(writers=5)):
        damaged = json.loads(json.dumps(document))
        damage(damaged)
        (tmp_path / "damaged.json").write_text(json.dumps(damaged))
        with pytest.raises(sg.Error, match="writers|sequences"):
            sg.Measurement.load(tmp_path / "damaged.json")


def test_heads_of_a_damaged_file(tmp_path):
    document = json.loads(sg.open(ZOO / "mistral").measure(TEXTS, heads=True).json())
    for damage in (lambda d: d["sequences"][1].pop("heads"), lambda d: d["sequences"][0]["heads"]["entropy"].pop(),
                   lambda d: d["sequences"][0]["heads"]["entropy"][0][0].pop(), lambda d: d["sequences"][0]["heads"].pop("layers")):
        damaged = json.loads(json.dumps(document))
        damage(damaged)
        (tmp_path / "m.json").write_text(json.dumps(damaged))
        with pytest.raises(sg.Error):
            sg.Measurement.load(tmp_path / "m.json")


def test_explain():
    m = sg.open(ZOO / "mistral").measure(TEXTS)
    for definition, layers in (("", ""), ("mean/penultimate_block", ""), ("frobenius/last_block", "1..3")):
        flags = (["--definition", definition] if definition else []) + (["--layers", layers] if layers else [])
        said = json.loads(command("gains", ZOO / "mistral", *FLAGS, "--explain", *flags, "--json", "-"))["explain"]
        assert m.explain(definition, layers=layers) == {**said, "writers": [], "writers_sequence": None}
    with pytest.raises(sg.Error):
        m.explain(layers="9")


def test_embed_scale(tmp_path):
    folder = ZOO / "gemma"
    model = sg.open(folder, embed_scale="float32")
    said = command("measure", folder, *FLAGS, "--embed-scale", "float32", "--json", "-")
    assert untimed(model.measure(TEXTS).json()) == untimed(said)
    assert untimed(pickle.loads(pickle.dumps(model)).measure(TEXTS).json()) == untimed(said)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_precision(precision):
    folder = ZOO / "gemma"
    model = sg.open(folder)
    said = untimed(command("measure", folder, *FLAGS, "--precision", precision, "--json", "-"))
    assert json.loads(said)["engine"]["precision"] == precision
    assert untimed(model.measure(TEXTS, precision=precision).json()) == said
    opened = sg.open(folder, precision=precision)
    assert untimed(pickle.loads(pickle.dumps(opened)).measure(TEXTS).json()) == said
    assert untimed(opened.measure(TEXTS, precision="float32").json()) == untimed(model.measure(TEXTS).json())


def test_a_scale_of_another_type_is_refused():
    with pytest.raises(sg.Error):
        sg.open(ZOO / "gemma", embed_scale="float32", precision="bfloat16")


def test_sites_are_those_of_the_command():
    folder = ZOO / "mistral"
    said = command("measure", folder, *FLAGS, "--sites", "resid_pre,mlp_out", "--json", "-")
    assert untimed(sg.open(folder).measure(TEXTS, sites=["resid_pre", "mlp_out"]).json()) == untimed(said)


def test_compare():
    a, b = ZOO / "llama31", ZOO / "llama31-instruct"
    assert untimed(sg.compare(str(a), str(b), TEXTS).json()) == untimed(command("compare", a, b, *FLAGS, "--json", "-"))


@pytest.mark.parametrize("distance", [0, 0.1, 0.3, 1e9])
def test_the_first_divergence_is_the_command_s(distance):
    a, b = ZOO / "llama31", ZOO / "llama31-instruct"
    said = json.loads(command("compare", a, b, *FLAGS, "--apart", distance, "--json", "-"))["first_divergence"]
    ours = sg.compare(a, b, TEXTS).first_divergence(distance)
    assert (ours and (ours["site"], ours["layer"])) == (said["site"] and (said["site"], said["layer"]))


@pytest.mark.parametrize("kind", ["safetensors", "npz"])
def test_compare_with_stored_hidden_states(tmp_path, kind):
    folder, file = ZOO / "gemma", tmp_path / f"states.{kind}"
    model = sg.open(folder, embed_scale="float32")
    model.extract_to(file, TEXTS, sites=["embed", "resid_post"])
    same = sg.compare(model, file, TEXTS)
    said = command("compare", folder, file, *FLAGS, "--embed-scale", "float32", "--json", "-")
    assert untimed(same.json()) == untimed(said) and same.first_divergence(0) is None
    other = sg.compare(folder, str(file), TEXTS, sites=["resid_post"], layers=[-1, 0])
    flags = ["--sites", "resid_post", "--layers", "-1,0"]
    assert untimed(other.json()) == untimed(command("compare", folder, file, *FLAGS, *flags, "--json", "-"))
    with pytest.raises(sg.Error, match="ids"):
        sg.compare(model, file, ["other words"])
    with pytest.raises(sg.Error):
        sg.compare(model, model, TEXTS, map={"a": "resid_post"})


def test_stored_hidden_states_by_other_names(tmp_path):
    model, file = sg.open(ZOO / "mistral"), tmp_path / "states.npz"
    rows = model.extract([[1, 2, 3]], sites=["resid_post"])
    np.savez(file, **{f"layers.{i}.out": array for i, array in enumerate(rows.values())})
    got = sg.compare(model, file, [[1, 2, 3]], map={"layers.{}.out": "resid_post"})
    assert len(got.table) == 5 and set(got.table["distance_max"]) == {0}


def test_compare_with_matrices():
    a, b = ZOO / "llama31", ZOO / "llama31-instruct"
    got = sg.compare(a, b, TEXTS, weights="on", sites=["resid_post", ("mlp_out", 0)], layers=[-1], logits="none")
    flags = ["--weights", "on", "--sites", "resid_post,mlp_out.0", "--layers", "-1", "--logits", "none"]
    assert untimed(got.json()) == untimed(command("compare", a, b, *FLAGS, *flags, "--json", "-"))
    assert len(got.table) == 2 and len(got.matrices) > 10 and got.sentences


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


@pytest.mark.parametrize("kind", ["npz", "npy", "safetensors"])
def test_extract_to_a_file(tmp_path, kind):
    folder, ours, theirs = ZOO / "gemma", tmp_path / f"ours.{kind}", tmp_path / f"theirs.{kind}"
    sites = "resid_post.-1" if kind == "npy" else "embed,attn_out"
    how = {"layers": [0, -1]} if kind != "npy" else {}
    flags = ["--sites", sites, "--positions", "0,-1", *(["--layers", "0,-1"] if how else [])]
    command("extract", folder, *FLAGS, *flags, "-o", theirs)
    sg.open(folder).extract_to(ours, TEXTS, sites=sites.split(","), positions=[0, -1], **how)
    assert ours.read_bytes() == theirs.read_bytes()
    got = sg.open(folder).extract(TEXTS, sites=sites.split(","), positions=[0, -1], **how)
    if kind == "npz":
        stored = np.load(theirs)
        assert all(np.array_equal(stored[name], array) for name, array in got.items()) and got
    if kind == "npy":
        assert np.array_equal(np.load(theirs), *got.values())


def test_axes(tmp_path):
    done = sg.run("instruct-brake", zoo=True, axes=["bos", "chat"], output=tmp_path / "python")
    command("run", "instruct-brake", "--zoo", "--axes", "special,chat", "-o", tmp_path / "command")
    theirs = json.loads((tmp_path / "command" / "results.json").read_text())
    ours = done.results["streamgauge"]["verdicts"]
    assert ours == theirs["streamgauge"]["verdicts"]
    assert set(ours[0]["multiverse"]["universes"]["words"]["chat"]) == {"raw", "chat"}
    for wrong in ("chat", ["dialect"]):
        with pytest.raises(sg.Error):
            sg.run("instruct-brake", zoo=True, axes=wrong)


def test_run(tmp_path):
    done = sg.run("llama-anomaly", zoo=True, output=tmp_path / "python")
    command("run", "llama-anomaly", "--zoo", "-o", tmp_path / "command")
    ours, theirs = done.document, json.loads((tmp_path / "command" / "results.json").read_text())
    assert isinstance(done.results, sg.Table) and done.results.to_dict() == done.models.to_dict()
    assert done.results["streamgauge"] == done.document["streamgauge"] and len(done.results["model"]) == len(done.models)
    with pytest.raises(KeyError):
        done.results["nothing"]
    for document in (ours, theirs):
        document.pop("date", None)
        document["streamgauge"].pop("started")
    assert ours == theirs
    assert done.report_path.is_file() and done.figures and done.verdicts["label"][0]
    again = sg.analyze("llama-anomaly", done.folder / "results.json", output=tmp_path / "again")
    assert again.verdicts.to_dict()["label"] == done.verdicts.to_dict()["label"]


def test_devices_give_the_same_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # no GPU was checked
    model = sg.open(str(MODELS[0]))
    cpu, auto = (model.measure([[1, 2, 3]], device=device).json() for device in ("cpu", "auto"))
    assert untimed(cpu) == untimed(auto)
    for call in (model.measure, model.extract):
        with pytest.raises(sg.Error, match="cpu, cuda, cuda:1, cuda:0,1, cuda:all or auto"):
            call([[1, 2, 3]], device="gpu")
