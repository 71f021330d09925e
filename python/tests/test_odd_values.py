"""Numbers that are not finite, prompts of one token and tables without rows, all the way to tables and pictures."""

import json
import math
import shutil
import struct

import numpy as np
import pytest
from conftest import ZOO, command

import streamgauge as sg

NOT_FINITE = ("inf", "-inf", "nan")


def damaged(folder, tensor, value):
    """A copy of zoo/mistral whose tensor of this name, stored as bfloat16, begins with `value`."""
    shutil.copytree(ZOO / "mistral", folder)
    for file in folder.glob("*.safetensors"):
        raw = bytearray(file.read_bytes())
        head = 8 + int.from_bytes(raw[:8], "little")
        found = json.loads(raw[8:head]).get(tensor)
        if found:
            assert found["dtype"] == "BF16"
            at = head + found["data_offsets"][0]
            raw[at : at + 2] = struct.pack("<f", value)[2:]
            file.write_bytes(raw)
            return folder
    raise KeyError(tensor)


def numbers(table):
    return {name for name in table.columns if table[name].dtype != object}


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_is_a_number_in_every_table(tmp_path, value):
    model = sg.open(damaged(tmp_path / "model", "model.layers.2.mlp.down_proj.weight", value))
    m = model.measure(["The king", "a"], logits="all", lens="all")
    said = json.loads(command("measure", model.path, "-p", "The king", "-p", "a", "--logits", "all", "--lens", "all", "--json", "-"))
    for prompt, sequence in zip(m, said["sequences"]):
        for site, table in prompt.norms.items():
            assert np.array_equal(table, np.array(sequence["norms"][site]).astype(float), equal_nan=True)
    compared = sg.compare(ZOO / "mistral", model, ["The king"])
    assert {row["distance_mean"] for row in compared.document["summary"]} & set(NOT_FINITE)
    assert {"distance_mean", "norm_difference_max", "cosine_min"} <= numbers(compared.table)
    for table in (compared.table, m.gains(), m.ladder(), m.logits, m.lens, m.massive, m.massive_values, m.decomposition()):
        assert not [v for values in table.to_dict().values() for v in values if isinstance(v, str) and v in NOT_FINITE]
    assert any("not finite" in sentence for sentence in compared.sentences)
    broken = compared.first_divergence(1e6)
    assert (broken["site"], broken["layer"]) == ("mlp_out", 2)
    for figure in (m.plot.norms(), m.plot.gains(), m.plot.massive()):
        assert "nan" not in figure.svg and "inf" not in figure.svg


@pytest.mark.parametrize("name", ["mistral", "neox-8"])  # SentencePiece's bytes, and GPT-2's
def test_the_page_of_parts_of_characters_is_the_command_s(tmp_path, name):
    text = "the 🙂 é 日本"
    command("measure", ZOO / name, f"--prompt={text}", "--explore", tmp_path / "page.html")
    measured = sg.open(ZOO / name).measure(text)
    assert "\ufffd" in measured.tokens[0]
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert measured.explore().html == page and '"bytes":{}' not in page


def test_pictures_of_prompts_of_one_token(model, recwarn):
    m = model.measure([[5], [6]])
    assert m.ladder()["mean_skip_first"].tolist() == [None] * 5  # not defined without a second token
    for figure in (m.plot.norms(), m.plot.gains(), m.plot.gains("mean_skip_first"), m.plot.massive()):
        assert "<svg" in figure.svg
    assert not recwarn.list


def test_tables_without_rows_have_their_columns(model):
    routed = sg.open(ZOO / "mixtral").measure([[5, 6, 7]], lens="last", targets=[5], massive=0.1)
    plain = model.measure([[5, 6, 7]], massive=1e9, logits="none")
    for name in ("logits", "lens", "targets", "massive", "massive_values", "routing", "expert_load", "super_experts"):
        full, empty = getattr(routed, name), getattr(plain, name)
        assert len(empty) == 0 or name == "massive", name
        assert empty.columns == full.columns, name
        assert [empty[column].size for column in empty.columns] == [len(empty)] * len(full.columns), name
    assert plain[0].logits.columns == routed[0].logits.columns
    assert plain.super_experts["expert"].size == 0
