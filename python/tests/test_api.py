"""What the classes promise beside the numbers."""

import doctest
import html
import importlib
import importlib.util
import json
import multiprocessing
import os
import pickle
import pkgutil
import signal
import threading
import time

import numpy as np
import pytest
from conftest import ROOT, ZOO

import streamgauge as sg


def test_arrays_are_views_that_cannot_be_written(measured):
    norms = measured.norms["resid_post"]
    assert norms.dtype == np.float64 and norms.shape == (2, 5, max(measured.lengths))
    assert measured.norms["resid_post"] is norms  # nothing is copied again
    exact = measured[0].norms["resid_post"]
    assert exact.base is not None and exact.shape == (5, measured.lengths[0])
    for array in (norms, exact, measured.mask):
        with pytest.raises(ValueError):
            array[0] = 1
    assert np.array_equal(np.isnan(norms[:, 0]), ~measured.mask)
    assert np.array_equal(norms[0, :, : measured.lengths[0]], exact)
    assert np.array_equal(measured["resid_post", 2], norms[:, 2], equal_nan=True)
    assert np.array_equal(measured["blocks.2.hook_resid_post"], norms[:, 2], equal_nan=True)


def test_an_array_outlives_its_measurement(model):
    table = model.measure([[1, 2, 3]])[0].norms["resid_post"]
    kept = table.copy()
    for _ in range(20):
        model.measure([[5, 6, 7, 8]])
    assert np.array_equal(table, kept)


def test_extracted_rows_have_the_measured_norms(model, measured):
    got = model.extract(["The king"], sites=[("resid_post", 2)])
    assert list(got) == ["blocks.2.hook_resid_post"]
    rows = got["blocks.2.hook_resid_post"]
    assert rows.dtype == np.float32 and not rows.flags.writeable
    norms = np.sqrt((rows.astype(np.float64) ** 2).sum(axis=1))
    np.testing.assert_allclose(norms, measured[0].norms["resid_post"][2], rtol=1e-12)  # sums in another order


def test_hidden_states_are_indexed_as_in_transformers(model):
    states = sg.hidden_states(model, [[1, 2, 3], [4, 5]])
    assert len(states) == model.facts["n_layers"] + 1
    m = model.measure([[1, 2, 3], [4, 5]])
    again = sg.hidden_states(model, [[1, 2, 3], [4, 5]], memory="1M", threads=1)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(states, again))
    for index, site in [(0, "embed"), (1, ("resid_post", 0)), (-2, ("resid_post", 3)), (-1, "ln_final")]:
        norms = np.sqrt((states[index].astype(np.float64) ** 2).sum(axis=2))
        np.testing.assert_allclose(norms, m[site], rtol=1e-12)


def test_decomposition_adds_up(measured):
    table = measured.decomposition(prompt=1, token=-1)
    norms = measured[1].norms
    ratio = (norms["resid_post"] / norms["resid_pre"])[:, -1] ** 2
    np.testing.assert_allclose(1 + table["attention"] + table["mlp"], ratio, rtol=1e-5)  # float32's rounding


def test_measurements_are_pickled_and_saved(measured, model, tmp_path):
    again = pickle.loads(pickle.dumps(measured))
    assert again.json() == measured.json()
    measured.save(tmp_path / "m.json")
    assert sg.Measurement.load(tmp_path / "m.json").json() == measured.json()
    assert sorted(os.listdir(tmp_path)) == ["m.json"]
    assert pickle.loads(pickle.dumps(model)).facts == {**model.facts, "path": str(ZOO / "mistral")}


def test_tables(measured, tmp_path):
    table = measured.gains()
    assert len(table) > 50 and table["gain"].dtype == np.float64
    assert "<table>" in table._repr_html_() and "definition" not in repr(table)[:3]
    assert measured.gain("notebook-003") == table.where(preset="notebook-003").row(0)["gain"]
    text = measured.massive.to_csv(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == text and text.count("\n") == len(measured.massive) + 1
    assert "&lt;b&gt;" in sg.Table({"<b>": ["<b>"]})._repr_html_()


COLUMNS = {
    "whole": [1, None, -(2**62)], "real": [1.5, 2, None], "truth": [True, None, False], "text": ["a", "ü\0b", None],
    "none": [None] * 3, "list": [[1], [], [2, None]], "parts": [{"a": 1, "b": "x"}, None, {"b": "y"}],
    "mixed": [1, "a", [2]], "huge": [2**70, 1, None],
}  # fmt: skip


def test_tables_are_streams_of_arrow():
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(sg.Table(COLUMNS))
    table.validate(full=True)
    expected = {**COLUMNS, "real": [1.5, 2.0, None], "mixed": ["1", "a", "[2]"], "huge": [str(2**70), "1", None]}
    expected["parts"] = [{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}]
    assert table.to_pydict() == expected
    kept = pyarrow.table(sg.Table({"x": [0.5] * 1000}))["x"]
    assert kept.to_pylist() == [0.5] * 1000  # the table itself is gone
    for _ in range(3):  # never taken, taken in part
        stream = sg.Table(COLUMNS).__arrow_c_stream__()
        assert "arrow_array_stream" in repr(stream)
    assert pyarrow.table(sg.Table({})).num_rows == 0


def test_tables_for_other_libraries(measured):
    pyarrow = pytest.importorskip("pyarrow")
    for table in (measured.gains(), measured.massive, measured.logits, measured.lens, sg.families):
        assert table.to_arrow().to_pydict().keys() == set(table.columns)
        assert pyarrow.table(table).num_rows == len(table)
    pandas = pytest.importorskip("pandas")
    assert isinstance(measured.gains().to_pandas(), pandas.DataFrame)


def test_tables_for_polars(measured):
    polars = pytest.importorskip("polars")
    frame = measured.gains().to_polars()
    assert isinstance(frame, polars.DataFrame) and frame["gain"].to_list() == measured.gains().to_dict()["gain"]


def test_arrays_are_exchanged_without_a_copy(measured):
    norms = measured.norms["resid_post"]
    there = np.from_dlpack(norms)
    assert there.__array_interface__["data"][0] == norms.__array_interface__["data"][0]
    assert np.shares_memory(measured[0].norms["resid_post"], measured[0].norms["resid_post"])


def test_one_prompt_is_not_copied_at_all(model):
    m = model.measure([[1, 2, 3]])
    assert np.shares_memory(m.norms["resid_post"], m[0].norms["resid_post"])


def test_xarray_has_named_dimensions(measured):
    pytest.importorskip("xarray")
    data = measured.to_xarray()
    assert data["resid_post"].dims == ("prompt", "layer", "token") and data["embed"].dims == ("prompt", "token")
    assert np.array_equal(data["resid_post"].values, measured.norms["resid_post"], equal_nan=True)


def test_sites_are_those_that_are_kept(model, measured):
    m = model.measure(["The king", "She went to the old house and"], sites=["resid_pre", "attn_out"], lens="last")
    assert set(m.norms) == {"resid_pre", "attn_out"} and set(m.dots) == {"pre_attn"}
    assert np.array_equal(m.norms["attn_out"], measured.norms["attn_out"], equal_nan=True)
    assert m.gain("notebook-003") is None
    assert set(model.measure("a", sites="embed").norms) == {"embed"}
    for wrong in (["resid"], [], [("resid_post", 9)], 5):
        with pytest.raises(sg.Error) as caught:
            model.measure("a", sites=wrong)
        assert caught.value.exit_code == 2


@pytest.mark.parametrize("site", [("resid_post", 2), "resid_post.2", "blocks.2.hook_resid_post", ("resid_post", -3)], ids=str)
def test_sites_are_spelled_in_every_way(model, measured, site):
    exact = measured.norms["resid_post"][:, 2]
    for table in (measured[site], measured.norms[site]):
        assert np.array_equal(table, exact, equal_nan=True)
    for table in (measured[1][site], measured[1].norms[site]):
        assert np.array_equal(table, exact[1, : measured.lengths[1]])
    for sites in (site, [site], [site, "embed"]):
        kept = model.measure(["The king", "She went to the old house and"], sites=sites)
        assert set(kept.norms) == {"resid_post"} | ({"embed"} & set(sites))
        assert np.array_equal(kept.norms["resid_post"], measured.norms["resid_post"], equal_nan=True)


def test_what_is_no_site_is_no_key(measured):
    for tables in (measured.norms, measured[0].norms):
        assert "nothing" not in tables and tables.get("resid_post") is not None
        for wrong in ("nothing", ("resid_post", 5), ("embed", 0), "blocks.9.hook_mlp_out", 5):
            with pytest.raises(KeyError):
                tables[wrong]


def test_special_tokens_of_tokenize_are_those_of_measure(model):
    for special in ("auto", "none", "bos"):
        ids = model.tokenize("-p The king", special=special)
        assert [ids] == model.measure("-p The king", special=special).ids
        assert ids == json.loads(model.tokenize_json("a", "-p The king", special=special))["sequences"][1]["ids"]
    assert model.tokenize("a", special=False) == model.tokenize("a", special="none") != model.tokenize("a")
    for text in ("a\0b", "house " * 40_000, "two\nlines\r\n", "-p", "\ufeff"):  # more than a command line takes, and what it cannot
        assert [model.tokenize(text, special="bos")] == model.measure(text, sites=["embed"], logits="none", special="bos").ids
    for wrong in ("nothing", None, 2):
        with pytest.raises(sg.Error, match="unknown special tokens"):
            model.tokenize("a", special=wrong)


def test_gains_under_another_reduction(measured):
    median = measured.gains("notebook-003", reduce="median")
    assert median.to_dict() == measured.gains("median/penultimate_block/mean_of_gains").to_dict()
    assert set(measured.gains(reduce="max")["reduction"]) == {"max"}
    one = measured.gains_by_prompt("notebook-003")
    assert one["prompt"].tolist() == [0, 1] and np.mean(one["gain"]) == pytest.approx(measured.gain("notebook-003"))
    assert len(measured.gains_by_prompt()) == 2 * len(measured.gains())
    for call in (measured.gains, measured.gains_by_block):
        for wrong in ("least", 3):
            with pytest.raises(sg.Error, match="unknown reduction"):
                call(reduce=wrong)


def test_gains_of_blocks_are_those_of_the_ladder_prompt_by_prompt(measured):
    ladder, table = measured.ladder(), measured.gains_by_block()
    for name in ("last", "mean", "mean_skip_first", "frobenius", "median", "max"):
        rows = table.where(reduction=name)
        gains = np.array(rows["gain"], dtype=float).reshape(len(ladder), 2)
        assert rows["block"].tolist() == [b for b in range(len(ladder)) for _ in range(2)]
        assert np.allclose(gains.mean(axis=1), np.array(ladder[name], dtype=float), rtol=1e-14, atol=0)
        assert measured.gains_by_block(reduce=name).to_dict() == rows.to_dict()


def test_results_are_pickled(model):
    for result in (model.weights(), model.extract("a"), sg.compare(model, model, "a"), model.measure("a").gains()):
        again = pickle.loads(pickle.dumps(result))
        assert type(again) is type(result) and repr(again) == repr(result)


def test_pictures(measured):
    for figure in (measured.plot.norms(), measured.plot.gains(), measured.plot.massive()):
        assert figure._repr_svg_().lstrip().startswith("<") and "mistral" in figure.svg


def test_the_explorer_is_a_page_in_a_frame(measured, model, tmp_path):
    page = measured.explore(height=300)
    assert page.html.startswith("<!doctype html>") and "default-src 'none'" in page.html
    shown = page._repr_html_()
    assert shown.startswith('<iframe srcdoc="&lt;!doctype html') and "height:300px" in shown
    assert html.unescape(shown.split('srcdoc="')[1].split('" style=')[0]) == page.html
    page.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page.html
    measured.explore(tmp_path / "given.html")
    assert (tmp_path / "given.html").read_bytes() == (tmp_path / "page.html").read_bytes()
    both = measured.explore(measured, str(tmp_path / "both.html")).html
    assert (tmp_path / "both.html").read_text(encoding="utf-8") == both
    for wrong in ((3,), ("a", "b")):
        with pytest.raises(sg.Error, match="not what to explore"):
            measured.explore(*wrong)
    assert both.count('"pre_is_previous"') == 2 and len(both) > len(page.html)
    with pytest.raises(sg.Error, match="the number of prompts"):
        measured.explore(model.measure([[1, 2, 3]]))


def test_errors_have_the_parts_of_the_message(model):
    with pytest.raises(sg.Error) as caught:
        sg.open("/none/there")
    assert caught.value.exit_code == 3 and caught.value.what and caught.value.what in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).what == caught.value.what
    with pytest.raises(sg.Error) as caught:
        model.measure([[1 << 30]])
    assert "vocabulary" in str(caught.value) or caught.value.got
    with pytest.raises(TypeError):
        model.measure("a", "all")  # options have names
    wrong = {sg.InputError: lambda: sg.open("/none/there"), sg.UsageError: lambda: model.measure("a", sites=[])}
    for kind, call in wrong.items():
        with pytest.raises(kind) as caught:
            call()
        assert type(pickle.loads(pickle.dumps(caught.value))) is kind and isinstance(caught.value, sg.Error)
    assert type(sg.Error("the disk is full", exit_code=4)) is sg.ResourceError
    assert type(sg.Error("some of it failed", exit_code=1)) is sg.Error
    with pytest.raises(sg.UsageError):  # the command's own
        sg.run("no-such-experiment")


def test_pull_says_what_the_command_says(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(sg.Error) as caught:
        sg.pull("tiny/model:Q4_0", revision="step1", include=["*.json"])
    assert caught.value.exit_code and "offline" in str(caught.value).lower()
    for name, options in (("a/b@main", {"revision": "x"}), ("a/b", {"revision": "--help"}), ("--help", {})):
        with pytest.raises(sg.Error) as caught:
            sg.pull(name, **options)
        assert caught.value.exit_code == 2


def test_progress_is_told_and_its_exception_ends_the_call(model):
    told = []
    model.measure([[1, 2, 3]], progress=lambda done, total, label: told.append((done, total, label)))
    assert told[-1] == (1.0, 1.0, "measure")

    def fails(*_):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        model.measure([[1, 2, 3]], progress=fails)


LONG = [[(7 * i + p) % 600 for i in range(400)] for p in range(400)]


def test_an_interrupt_is_heard_and_the_next_call_is_whole(model):
    reference = model.measure([[1, 2, 3]]).norms["resid_post"]
    sent = []

    def send():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.15, send)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(1000):
            model.measure(LONG)
    timer.join()
    assert sent
    assert np.array_equal(model.measure([[1, 2, 3]]).norms["resid_post"], reference)


def test_other_threads_of_python_go_on(model):
    seen = []
    worker = threading.Thread(target=lambda: seen.append(model.measure(LONG[:100])))
    worker.start()
    turns = 0
    while worker.is_alive():
        turns += 1
        time.sleep(0.001)
    worker.join()
    assert seen and turns > 1


def test_threads_share_a_model(model):
    expected = model.measure(LONG[0]).json().split('"timings"')[0]
    got = []
    workers = [
        threading.Thread(target=lambda: got.append(model.measure(LONG[0]).json().split('"timings"')[0])) for _ in range(6)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert got == [expected] * 6


def _norm_in_child(model, queue):
    queue.put(model.measure([[1, 2, 3]]).norms["resid_post"].tolist())


def test_a_forked_child_measures(model):
    expected = model.measure([[1, 2, 3]]).norms["resid_post"].tolist()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_norm_in_child, args=(model, queue))
    child.start()
    assert queue.get(timeout=60) == expected
    child.join()
    assert child.exitcode == 0


def test_docstrings_run():
    for found in pkgutil.iter_modules(sg.__path__):
        if found.name != "_sg" and (found.name != "ray" or importlib.util.find_spec("ray")):
            module = importlib.import_module(f"streamgauge.{found.name}")
            assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0, found.name
    assert doctest.testmod(sg).failed == 0


def test_routing_is_a_row_per_token_and_chosen_expert():
    m = sg.open(ZOO / "mixtral").measure(["The king", "She went"])
    document = json.loads(m.json())
    layers, chosen = len(document["sequences"][0]["routing"]), 2
    assert len(m.routing) == sum(m.lengths) * layers * chosen
    first = m.routing.row(0)
    said = document["sequences"][0]["routing"][0]
    assert (first["expert"], first["weight"]) == (said["experts"][0][0], said["weights"][0][0])
    assert (first["peak"], first["margin"], first["shared"]) == (said["peak"][0][0], said["margin"][0], None)
    assert sum(m.expert_load["tokens"]) == len(m.routing)
    assert len(m.super_experts) == len(document["super_experts"])
    assert len(sg.open(ZOO / "mistral").measure("The king").routing) == 0
