"""Corpora from Python: the command's bytes, on any executor, whoever is killed."""

import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import random
import signal
import threading
import time

import pytest
from conftest import ZOO, command

import streamgauge as sg
from streamgauge._shared import work_on

MODEL = ZOO / "llama2"


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    file = tmp_path_factory.mktemp("corpus") / "text.txt"
    file.write_bytes((ZOO / "heldout.txt").read_bytes()[:20000])
    return file


@pytest.fixture(scope="module")
def whole(text, tmp_path_factory):
    """One unbroken process of the command."""
    folder = tmp_path_factory.mktemp("whole")
    command("corpus", MODEL, text, "--context", 64, "-o", folder)
    return folder


def digest(folder):
    return json.loads((folder / "corpus.json").read_text())["digest"]


def test_it_is_the_command(text, whole):
    corpus = sg.corpus(MODEL, text, context=64)
    assert corpus.digest == digest(whole)
    for name in ("quantities.csv", "positions.csv", "vocabulary.csv", "scales.json", "corpus.json"):
        assert (corpus.folder / name).read_bytes() == (whole / name).read_bytes(), name
    assert corpus.json() == (whole / "corpus.json").read_text()
    assert corpus.digest[:12] in repr(corpus)
    assert "<table>" in corpus._repr_html_()
    assert corpus.report_path.exists() and "norm-by-layer" in corpus.figures


def test_tables_are_typed(text, whole):
    corpus = sg.Corpus(whole)
    table = corpus.tables["quantities"]
    row = table.where(quantity="resid_post", layer=2, tokens="all").row(0)
    said = corpus.results["quantities"]["resid_post"]["layers"][2]["all"]
    assert (row["mean"], row["max"], row["count"]) == (said["mean"], said["max"], said["count"])
    assert corpus.scales["sites"]["resid_post"][2]["mean_norm"] == row["mean"]
    assert table["mean"].dtype == "float64"
    assert all(isinstance(token, str) for token in corpus.tables["vocabulary"].to_dict()["token"])
    extremes = corpus.tables["extremes"].to_dict()
    assert extremes["context"] == [
        row["context"] for part in ("largest", "smallest") for row in corpus.results["extremes"][part]
    ]


def test_parquet(whole, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    corpus = sg.Corpus(whole)
    written = corpus.to_parquet(tmp_path / "tables")
    assert {path.stem for path in written} == set(corpus.tables)
    back = parquet.read_table(tmp_path / "tables" / "quantities.parquet")
    assert back.column("mean").to_pylist() == corpus.tables["quantities"].to_dict()["mean"]
    assert str(back.schema.field("count").type) == "int64"


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_processes_give_the_same_bits(text, whole, tmp_path, workers):
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        corpus = sg.corpus(
            MODEL, [text], context=64, task=1500, executor=pool, output=tmp_path / "out", verify="20%", threads=1
        )
    assert corpus.results["corpus"]["parts"] > 7
    assert corpus.digest == digest(whole)
    assert (corpus.folder / "quantities.csv").read_bytes() == (whole / "quantities.csv").read_bytes()


def test_a_narrower_type_is_the_command(text, whole, tmp_path):
    command("corpus", MODEL, text, "--context", 64, "--precision", "bfloat16", "-o", tmp_path / "narrow")
    corpus = sg.stats(MODEL, text, context=64, precision="bfloat16")
    assert corpus.digest == digest(tmp_path / "narrow") != digest(whole)
    with pytest.raises(sg.Error, match="in different ways: options"):
        corpus + sg.CorpusStats.load(whole)


def test_a_broken_pool_is_told_and_another_one_goes_on(text, whole, tmp_path):
    out = tmp_path / "out"

    def kill_one():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list(out.glob("parts/*/*")):
            time.sleep(0.002)
        for process in list(pool._processes.values()):
            os.kill(process.pid, signal.SIGKILL)

    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        killer = threading.Thread(target=kill_one)
        killer.start()
        try:
            sg.corpus(MODEL, text, context=64, task=1, executor=pool, output=out, threads=1)
        except concurrent.futures.BrokenExecutor:
            pass  # unless the jobs were faster
        killer.join()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert sg.corpus(MODEL, text, context=64, task=1, executor=pool, output=out).digest == digest(whole)


class Job:
    def __init__(self, function, arguments, options):
        self._call = (function, arguments, options)

    def result(self):
        function, arguments, options = self._call
        return function(*arguments, **options)


class Elsewhere:
    """An executor as submitit has them: submit() gives a job with result(), and nothing else. Jobs die at first."""

    def __init__(self, deaths):
        self.deaths = deaths

    def submit(self, function, *arguments, **options):
        if self.deaths > 0:
            self.deaths -= 1
            return Job(exec, ("raise RuntimeError('the node was lost')",), {})
        return Job(function, arguments, options)


def test_executors_that_lose_jobs(text, whole, tmp_path):
    some = {"context": 64, "task": 3000, "jobs": 1}
    assert sg.corpus(MODEL, text, executor=Elsewhere(3), output=tmp_path / "a", **some).digest == digest(whole)
    with pytest.raises(RuntimeError, match="the node was lost"):
        sg.corpus(MODEL, text, executor=Elsewhere(1000), output=tmp_path / "b", **some)


def test_a_task_that_fails_is_told(tmp_path):
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"text": "one two"}\n{"ids": [1000000]}\n{"text": "three"}\n')
    with concurrent.futures.ThreadPoolExecutor(2) as pool, pytest.raises(sg.Error, match="outside the vocabulary"):
        sg.corpus(MODEL, lines, context=64, task=1, executor=pool, output=tmp_path / "out")
    assert "1 failed" in sg.status(tmp_path / "out")
    with pytest.raises(sg.Error, match="parts are missing"):
        sg.merge(tmp_path / "out")
    assert sg.merge(tmp_path / "out", partial=True).results["corpus"]["missing_parts"] == 1


@pytest.fixture(scope="module")
def halves(text, tmp_path_factory):
    """The text in two files, and their statistics."""
    folder, documents = tmp_path_factory.mktemp("halves"), text.read_bytes().split(b"\n\n")
    files = [folder / "first.txt", folder / "second.txt"]
    for file, part in zip(files, (documents[:7], documents[7:])):
        file.write_bytes(b"\n\n".join(part))
    return files, [sg.stats(MODEL, file, context=64, task=3000) for file in files]


def test_statistics_are_added_to_the_bit(halves, tmp_path):
    files, (a, b) = halves
    one = sg.corpus(MODEL, files, context=64, task=3000)
    turned = sg.corpus(MODEL, files[::-1], context=64, task=3000)
    assert (a + b).digest == one.digest and (b + a).digest == turned.digest
    for both in (a + b, b + a):
        for name in ("quantities.csv", "positions.csv", "channels.csv", "vocabulary.csv"):
            assert (both.folder / name).read_bytes() == (one.folder / name).read_bytes(), name
        assert both.scales["sites"] == one.scales["sites"]
        for key in ("documents", "tokens", "windows"):
            assert both.results["corpus"][key] == one.results["corpus"][key]
    kept = [sg.stats(MODEL, file, context=64, keep_every=4) for file in files]
    rows = [len(each.tables["rows"]) for each in (*kept, kept[0] + kept[1])]
    assert rows[0] > 0 and rows[0] + rows[1] == rows[2]
    (a + b).save(tmp_path / "kept")
    again = sg.CorpusStats.load(tmp_path / "kept")
    assert again.digest == (a + b).digest and again.table.to_csv() == (a + b).table.to_csv()
    with pytest.raises(sg.Error, match="there already"):
        a.save(tmp_path / "kept")
    for wrong in (a, again, sg.stats(MODEL, files[1], context=32), sg.stats(ZOO / "mistral", files[1], context=64)):
        with pytest.raises(sg.Error, match="in both corpora|different ways"):
            a + wrong
    with pytest.raises(TypeError):
        a + 1
    with pytest.raises(sg.Error, match="not the folder of a corpus"):
        sg.CorpusStats.load(tmp_path)


def test_statistics_of_chosen_sites(halves):
    _, (a, _) = halves
    some = sg.CorpusStats.load(a.folder, sites=["embed", ("resid_post", 1), "blocks.0.hook_mlp_out"], quantiles=[0.5, 0.99])
    assert some.table.columns[-3:] == ("not_finite", "q50", "q99")
    assert {(row["quantity"], row["layer"]) for row in some.table} == {("embed", None), ("resid_post", 1), ("mlp_out", 0)}
    whole = a.tables["quantities"]
    assert some.table.where(quantity="embed").to_dict()["q99"] == whole.where(quantity="embed").to_dict()["q99"]
    assert len(a.table) == len(whole) and a.table.columns == whole.columns
    for wrong in ({"sites": ["nothing"]}, {"sites": [("resid_post", 99)]}, {"sites": [("embed", 0)]}, {"quantiles": [0.4]}):
        with pytest.raises(sg.Error):
            sg.CorpusStats.load(a.folder, **wrong)


def test_wrong_calls(text):
    with pytest.raises(sg.Error, match="not an executor"):
        sg.corpus(MODEL, text, executor=3)
    with pytest.raises(sg.Error, match="no file"):
        sg.corpus(MODEL, [])
    with pytest.raises(sg.Error, match="not a file"):
        sg.corpus(MODEL, [""])


def ray_workers():
    """Processes in which Ray runs jobs now, and the commands that they called."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes()
            parent = int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if line.startswith(b"ray::_call"):
            found.append((int(entry.name), parent))
    return found


@pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_local_ray_whose_workers_are_killed(text, whole, tmp_path):
    ray = pytest.importorskip("ray")
    from streamgauge.ray import RayExecutor

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    out, killed, over = tmp_path / "out", [], threading.Event()
    rng = random.Random(3)

    def kill():
        while not over.is_set() and len(killed) < 6:
            time.sleep(rng.uniform(0.05, 0.3))
            for pid, _ in ray_workers()[:1]:
                try:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                except ProcessLookupError:
                    pass

    killer = threading.Thread(target=kill)
    try:
        command("plan", "corpus", MODEL, text, "--context", 64, "--task", 1, "-o", out)
        killer.start()
        with RayExecutor(max_retries=2) as executor:
            work_on(out, executor)
    finally:
        over.set()
        killer.join()
        ray.shutdown()
    command("merge", out)
    assert killed, "no worker of Ray was killed"
    assert digest(out) == digest(whole)
