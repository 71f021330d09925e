"""Names that go to the command, files that are read and written, and models that are open: what is wrong is an Error."""

import concurrent.futures
import copy
import json
import pickle

import numpy as np
import pytest
from conftest import ZOO

import streamgauge as sg
from streamgauge._shared import work_on

MODEL = ZOO / "llama2"
EXPERIMENT = "mistral-paradox"
NO_NAMES = (None, 5, b"x", "", "\0", "\ud800", ["a"], object())
FLAGS = ("--help", "-h", "--version", "-")


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    file = tmp_path_factory.mktemp("names") / "text.txt"
    file.write_bytes((ZOO / "heldout.txt").read_bytes()[:3000])
    return file


def refused(call, *arguments, **options):
    with pytest.raises(sg.Error) as caught:
        call(*arguments, **options)
    return str(caught.value)


def test_a_name_is_no_flag(text, tmp_path):
    executor = concurrent.futures.ThreadPoolExecutor(1)
    for name in NO_NAMES + FLAGS:
        first = [sg.work, sg.status, sg.merge, sg.open, sg.pull]
        first += [lambda v: sg.open(v, pull=True), lambda v: sg.corpus(v, text), lambda v: sg.corpus(MODEL, [v])]
        first += [lambda v: sg.plan(v, output=tmp_path / "p"), lambda v: sg.plan("corpus", v, text, output=tmp_path / "p")]
        first += [lambda v: sg.plan(EXPERIMENT, zoo=True, output=v), lambda v: sg.run(v), lambda v: sg.stats(v, text)]
        first += [lambda v: sg.analyze(v, "r"), lambda v: sg.analyze(EXPERIMENT, v), lambda v: sg.compare(MODEL, v, "a")]
        first += [lambda v: sg.run(EXPERIMENT, models={"mistral-7b": v}), lambda v: work_on(v, executor)]
        for call in first:
            message = refused(call, name)
            assert "Usage" not in message and "subcommand" not in message.lower(), (name, message)
        if name is not None:
            options = [lambda v: sg.run(EXPERIMENT, zoo=True, output=v), lambda v: sg.corpus(MODEL, text, output=v)]
            for call in options:
                refused(call, name)
    assert not (tmp_path / "p").exists()


def test_a_value_is_no_flag(text, tmp_path):
    plan = sg.plan("corpus", MODEL, text, context=64, output=tmp_path / "plan")
    for value in ("--help", "-h", "--version", 5.5, b"x", "\0", True, ["--help"]):
        for name in ("context", "tokens", "every", "documents", "keep_every", "task", "memory", "threads", "device", "verify"):
            refused(sg.corpus, MODEL, text, **{"output": tmp_path / "out", name: value})
        for name in ("shard", "lease", "memory", "threads", "device"):
            refused(sg.work, plan, **{name: value})
        refused(sg.merge, plan, verify=value)
        for name in ("axes", "memory", "threads", "task_tokens", "isa", "device", "special", "prompts", "checkpoints"):
            refused(sg.run, EXPERIMENT, zoo=name != "checkpoints", **{"output": tmp_path / "out", name: [value] if name == "axes" else value,
                                          **({"executor": concurrent.futures.ThreadPoolExecutor(1)} if name == "task_tokens" else {})})
        refused(sg.compare, MODEL, tmp_path / "x.npy", "a", map={"x": "embed"}, isa=value)
        refused(sg.compare, MODEL, tmp_path / "x.npy", "a", map={"x": "embed"}, device=value)
    for models in ("x", ["x"], {"--help": 5}, {5: MODEL}):
        refused(sg.run, EXPERIMENT, models=models)
    refused(sg.run, EXPERIMENT, change=["a"])
    refused(sg.compare, MODEL, tmp_path / "x.npy", "a", map=["a"])
    for jobs in (0, -1, 1.5, True, "2"):
        for call in (sg.corpus, sg.stats):
            refused(call, MODEL, text, executor=concurrent.futures.ThreadPoolExecutor(1), jobs=jobs)
        refused(sg.run, EXPERIMENT, zoo=True, executor=concurrent.futures.ThreadPoolExecutor(1), jobs=jobs)
        refused(work_on, plan, concurrent.futures.ThreadPoolExecutor(1), jobs=jobs)


def test_a_folder_may_be_called_like_a_flag(text, tmp_path, monkeypatch):
    (tmp_path / "-m").symlink_to(MODEL)
    monkeypatch.chdir(tmp_path)
    model = sg.open("./-m")
    assert model.tokenize("a", special="bos") == sg.open(MODEL).tokenize("a", special="bos")
    assert sg.corpus("./-m", text, context=64).digest == sg.corpus(model, text, context=64, output="./-o").digest


def test_a_missing_program_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("STREAMGAUGE_PROGRAM", str(tmp_path / "nothing"))
    assert "cannot be started" in refused(sg.doctor)


def test_files_that_cannot_be_read(text, tmp_path, measured):
    corpus = sg.corpus(MODEL, text, context=64, output=tmp_path / "corpus")
    (tmp_path / "empty").mkdir()
    wrong = {"bytes": b"\xff\xfe{", "text": b"no JSON", "list": b"[1]", "other": b'{"schema": "another/1"}', "nothing": b"", "deep": b"[" * 100000}
    for call in (sg.Corpus, sg.CorpusStats, sg.CorpusStats.load, sg.merge, sg.work, sg.status, sg.Measurement.load):
        for path in (*NO_NAMES, "/nonexistent", tmp_path / "empty", text, text / "below"):
            refused(call, path)
    for name, content in wrong.items():
        file = tmp_path / name
        file.write_bytes(content)
        assert str(file) in refused(sg.Measurement.load, file)
        for damaged in ("corpus.json", "scales.json"):
            if (damaged, name) == ("scales.json", "other"):
                continue  # which has no schema
            kept = (corpus.folder / damaged).read_bytes()
            (corpus.folder / damaged).write_bytes(content)
            assert damaged in refused(sg.Corpus, corpus.folder)
            (corpus.folder / damaged).write_bytes(kept)
        kept = (corpus.folder / "plan.json").read_bytes()
        (corpus.folder / "plan.json").write_bytes(content)
        refused(sg.merge, corpus.folder)
        refused(work_on, corpus.folder, concurrent.futures.ThreadPoolExecutor(1))
        refused(lambda: sg.CorpusStats(corpus.folder) + sg.CorpusStats(corpus.folder))
        (corpus.folder / "plan.json").write_bytes(kept)
        if name not in ("text", "other"):
            kept = (corpus.folder / "massive.csv").read_bytes()
            (corpus.folder / "massive.csv").write_bytes(content + b"\n1,2,3\n")
            assert "massive.csv" in refused(lambda: corpus.tables)
            (corpus.folder / "massive.csv").write_bytes(kept)
    assert len(sg.Corpus(corpus.folder).tables) > 5


def test_a_file_of_a_failure_may_be_anything(text, tmp_path):
    plan = sg.plan("corpus", MODEL, text, context=64, output=tmp_path / "plan")
    key = json.loads((plan / "plan.json").read_text())["tasks"][0]["key"]
    (plan / "failed").mkdir(exist_ok=True)
    for content in (b'{"times": "x"}', b"[3]", b"\xff", b'{"times": 9}'):
        (plan / "failed" / f"{key}.json").write_bytes(content)
        if content == b'{"times": 9}':
            assert "failed twice" in refused(work_on, plan, concurrent.futures.ThreadPoolExecutor(1))


def test_a_plan_with_other_tasks_is_refused(text, tmp_path):
    plan = sg.plan("corpus", MODEL, text, context=64, output=tmp_path / "plan")
    document = json.loads((plan / "plan.json").read_text())
    for tasks in (3, None, "abc", {"key": "a"}, [3], [None], [{}], [{"key": 3}], [{"key": "../x"}], [[1]]):
        (plan / "plan.json").write_text(json.dumps({**document, "tasks": tasks}))
        said = refused(work_on, plan, concurrent.futures.ThreadPoolExecutor(1))
        assert "plan.json" in said and "key" in said


def test_files_that_cannot_be_written(tmp_path, measured, text):
    there = tmp_path / "there"
    there.mkdir()
    table, figure, page = measured.logits, measured.plot.norms(), measured.explore()
    stats = sg.stats(MODEL, text, context=64)
    for path in (tmp_path / "no" / "x", text / "x", "", "\0", "\ud800", b"x", 5):
        for save in (measured.save, table.to_csv, figure.save, page.save):
            refused(save, path)
        if "no" not in str(path):  # whose folder it makes
            refused(stats.save, path)
    for save in (measured.save, table.to_csv, figure.save, page.save):
        refused(save, there)
        save(tmp_path / "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["there", "x"]


def test_an_open_model_is_taken_wherever_its_path_is(text, tmp_path, monkeypatch):
    monkeypatch.chdir(MODEL.parent)
    model = sg.open(MODEL.name)
    monkeypatch.chdir(tmp_path)  # where the name means nothing
    one = sg.corpus(MODEL, text, context=64)
    assert sg.corpus(model, text, context=64).digest == one.digest
    assert sg.stats(model, text, context=64).digest == one.digest
    plan = sg.plan("corpus", model, text, context=64, output=tmp_path / "plan")
    sg.work(plan)
    assert sg.merge(plan).digest == one.digest
    keys = [row["model"] for row in sg.run(EXPERIMENT, zoo=True, output=tmp_path / "zoo").models]
    given = sg.run(EXPERIMENT, models={keys[0]: sg.open(ZOO / "mistral")}, output=tmp_path / "given").document
    named = sg.run(EXPERIMENT, models={keys[0]: ZOO / "mistral"}, output=tmp_path / "named").document
    assert given["streamgauge"]["models"][0]["columns"] == named["streamgauge"]["models"][0]["columns"]
    narrow, scaled = sg.open(MODEL, precision="bfloat16"), sg.open(MODEL, embed_scale="float32")
    assert sg.stats(narrow, text, context=64).digest == sg.stats(MODEL, text, context=64, precision="bfloat16").digest != one.digest
    assert sg.corpus(narrow, text, context=64, precision="float32").digest == one.digest
    for other in (narrow, scaled):
        assert "a way of its own" in refused(sg.run, EXPERIMENT, models={keys[0]: other})
    assert "a way of its own" in refused(sg.corpus, scaled, text)


def test_prompts_of_a_measurement_are_pickled(measured):
    for again in (pickle.loads(pickle.dumps(measured)), copy.deepcopy(measured), copy.copy(measured)):
        assert again.json() == measured.json()
    for made in (lambda x: pickle.loads(pickle.dumps(x)), copy.copy, copy.deepcopy):
        for i, prompt in enumerate(made(measured.prompts)):
            assert (prompt.ids, prompt.tokens, prompt.text) == (measured[i].ids, measured[i].tokens, measured[i].text)
            for site in measured[i].norms:
                assert np.array_equal(prompt[site], measured[i][site])
        last = made(measured[-1])
        assert last.logits.to_csv() == measured[-1].logits.to_csv() and len(last.dots) == len(measured[-1].dots)
    one, all_ = len(pickle.dumps(measured)), len(pickle.dumps(measured.prompts))
    assert all_ < 1.5 * one  # the numbers once, however many prompts


def test_decomposition_counts_from_the_end(measured):
    assert measured.decomposition(prompt=-1).to_csv() == measured.decomposition(prompt=len(measured) - 1).to_csv()
    assert measured.decomposition(prompt=np.int64(0), token=np.int64(-1)).to_csv() == measured.decomposition().to_csv()
    for prompt in (2, -3, 5, 1.5, True, "0", 1 << 40):
        message = refused(measured.decomposition, prompt=prompt)
        assert "no such prompt" in message and "0 to 1" in message and repr(prompt) in message
    for token in (len(measured[1]), -1 - len(measured[1]), 1.5, True, None, "0"):
        message = refused(measured.decomposition, prompt=1, token=token)
        assert "no such token" in message and f"0 to {len(measured[1]) - 1}" in message


def test_a_distance_is_a_number():
    same = sg.compare(MODEL, MODEL, [[1, 2, 3]])
    assert same.first_divergence(0) is None
    for wrong in (float("nan"), -1, "a", None, True):
        refused(same.first_divergence, wrong)
