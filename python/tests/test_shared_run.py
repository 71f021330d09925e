"""Experiments on executors: the outcome of one process, to the bit."""

import concurrent.futures
import json
import multiprocessing

import pytest
from conftest import ZOO

import streamgauge as sg

EXPERIMENT = "input-dependency"
ANY_MODELS = "mistral-paradox"


def outcome(run):
    """All but when it was."""
    document = json.loads(run.json())
    started = document["streamgauge"]["started"]
    return run.json().replace(started, "STARTED")


@pytest.fixture(scope="module")
def whole():
    return sg.run(EXPERIMENT, zoo=True)


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_processes_give_the_outcome_of_one(whole, workers):
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        run = sg.run(EXPERIMENT, zoo=True, executor=pool, task_tokens=20)
    assert outcome(run).replace('"threads": 1', "") == outcome(whole).replace('"threads": 1', "")
    assert run.verdicts.to_csv() == whole.verdicts.to_csv()
    assert run.models.to_csv() == whole.models.to_csv()
    assert run.figures.keys() == whole.figures.keys()


def test_a_model_that_cannot_be_measured_is_a_row(tmp_path):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        run = sg.run(ANY_MODELS, models={"a": ZOO / "mistral", "b": tmp_path / "none"}, executor=pool)
    errors = run.models.to_dict()["error"]
    assert errors[0] is None and errors[1]


def test_a_plan_is_worked_on_and_merged(whole, tmp_path):
    folder = sg.plan(EXPERIMENT, zoo=True, task_tokens=20, output=tmp_path / "out")
    assert folder == tmp_path / "out" and "done" in sg.status(folder)
    sg.work(folder)
    run = sg.merge(folder)
    assert isinstance(run, sg.Run) and run.verdicts.to_csv() == whole.verdicts.to_csv()
    assert run.models.to_csv() == whole.models.to_csv()


def test_a_plan_of_a_corpus(tmp_path):
    text = tmp_path / "text.txt"
    text.write_bytes((ZOO / "heldout.txt").read_bytes()[:6000])
    folder = sg.plan("corpus", ZOO / "llama2", [text], context=64, task=1500, slurm=True, output=tmp_path / "out")
    assert (folder / "job.sbatch").exists()
    sg.work(folder)
    corpus = sg.merge(folder)
    assert isinstance(corpus, sg.Corpus) and corpus.digest == sg.corpus(ZOO / "llama2", text, context=64).digest


def test_wrong_plans(tmp_path):
    for wrong in (("corpus", ZOO / "llama2"), (EXPERIMENT, "a"), ("no-such-experiment",), ("--help",), (5,)):
        with pytest.raises(sg.Error):
            sg.plan(*wrong, output=tmp_path / "out")
    with pytest.raises(TypeError):
        sg.plan(EXPERIMENT, zoo=True, context=64, output=tmp_path / "out")
    with pytest.raises(sg.Error):
        sg.plan(EXPERIMENT, zoo=True, output=None)
    assert not (tmp_path / "out" / "plan.json").exists()


def test_wrong_calls():
    with pytest.raises(sg.Error, match="delete_after"):
        sg.run(EXPERIMENT, zoo=True, executor="ray", delete_after=True)
    with pytest.raises(sg.Error, match="not an executor"):
        sg.run(EXPERIMENT, zoo=True, executor="something")
    with pytest.raises(sg.Error, match="no such"):
        sg.run("no-such-experiment", executor=concurrent.futures.ThreadPoolExecutor(1))
