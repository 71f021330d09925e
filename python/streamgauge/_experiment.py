"""Experiments, and what else the command alone does: it is run as a process of its own."""

from __future__ import annotations

import json
import pathlib
import re
import tempfile
from typing import Any, Mapping, Sequence

from ._errors import Error, usage
from ._files import Path, argument, json_of, name_of, read_text
from ._inputs import count
from ._model import Model, model_argument
from ._plot import Figure
from ._program import call
from ._shared import executor_named, jobs_at_once, resources, work_on
from ._table import Table


class Results(Table):
    """A table whose `[name]` is a column or, where there is none of that name, a part of the document it is from."""

    def __init__(self, table: Table, document: Mapping[str, Any]) -> None:
        super().__init__(table.to_dict(), "results")
        self._document = document

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name) if name in self.columns else self._document[name]


class Run:
    """An experiment's folder.

    Attributes:
        folder: where results.json, the report and the figures are.
        document: streamgauge.experiment/1.
        notes: what the command said.
    """

    def __init__(self, folder: pathlib.Path, notes: list[str]) -> None:
        self.folder, self.notes = folder, notes
        self._text = read_text(folder / "results.json")
        self.document: dict[str, Any] = json_of(self._text, str(folder / "results.json"), "", "streamgauge")

    @property
    def results(self) -> Results:
        """The table of `models`; `results["streamgauge"]` and other keys of the document are found by it too."""
        return Results(self.models, self.document)

    def json(self) -> str:
        """The text of results.json."""
        return self._text

    @property
    def verdicts(self) -> Table:
        """Each hypothesis with its label, its sentence, and how many definitions agree."""
        rows = []
        for verdict in self.document["streamgauge"]["verdicts"]:
            many = verdict.get("multiverse") or {}
            row = {key: verdict[key] for key in ("name", "title", "label", "sentence")}
            rows.append({**row, "evaluated": many.get("evaluated"), "agreeing": many.get("agreeing")})
        return Table.of_rows(rows, "verdicts")

    @property
    def models(self) -> Table:
        """One row per model, a column per measured quantity."""
        rows = self.document["streamgauge"]["models"]
        return Table.of_rows([{"model": r["label"], "error": r["error"], **(r.get("columns") or {})} for r in rows], "models")

    @property
    def values(self) -> Table:
        """Quantities over all models: statistics and ratios, with their methods."""
        return Table.of_rows(self.document["streamgauge"]["values"], "values")

    @property
    def figures(self) -> dict[str, Figure]:
        """The report's pictures by name; a notebook shows them."""
        found = sorted((self.folder / "figures").glob("*.svg"))
        return {path.stem: Figure(read_text(path)) for path in found}

    @property
    def report_path(self) -> pathlib.Path:
        """The report as one page."""
        return self.folder / "report.html"

    def __repr__(self) -> str:
        return f"<run in {self.folder}>"

    def _repr_html_(self) -> str:
        return self.verdicts._repr_html_()


def _folder(given: Path | None) -> pathlib.Path:
    return pathlib.Path(argument(given, "a folder") if given is not None else tempfile.mkdtemp(prefix="streamgauge-"))


def finish(out: pathlib.Path, *arguments: str) -> Run:
    """What the command left in the folder, when models failed too."""
    notes: list[str] = []
    try:
        call(*arguments, "--no-progress", say=notes.append)
    except Error as error:
        # 1: the report is written, and says which models failed.
        if error.exit_code != 1:
            raise
    return Run(out, notes)


def run(
    experiment: Path,
    *,
    models: Mapping[str, Model | Path] | None = None,
    zoo: bool = False,
    checkpoints: Path | None = None,
    change: Mapping[str, object] | None = None,
    axes: Sequence[str] = (),
    prompts: Path | None = None,
    text_key: str | None = None,
    id_key: str | None = None,
    special: str | None = None,
    chat: bool = False,
    system: str | None = None,
    generation_prompt: bool = True,
    chat_template_kwargs: Mapping[str, object] | None = None,
    output: Path | None = None,
    yes: bool = False,
    delete_after: bool = False,
    executor: Any = None,
    jobs: int | None = None,
    task_tokens: int | None = None,
    memory: int | str | None = None,
    threads: int = 0,
    isa: str = "",
    device: str = "",
) -> Run:
    """Measures an experiment's models, draws its verdicts and figures, as `streamgauge run`; with an executor as plan,
    work and merge, with the same outcome.

    Args:
        experiment: a built-in name or a TOML file.
        models: {the experiment's key: a model, by name or open as it is stored}; those of the file, from the Hub's cache, when
            not given.
        zoo: the pocket zoo's small models as stand-ins.
        checkpoints: the folder of one training run's checkpoints as the models.
        change: other values for keys of the file, as {"prompts.suite": "notebook-003"}.
        axes: what the multiverse varies that needs another measurement of every model: "special" (or "bos"), "chat", "precision".
        prompts: a file of prompts in place of the experiment's, read as read_prompts reads it.
        special, chat, system, generation_prompt: how texts become ids, as of Model.measure.
        chat_template_kwargs: what else the chat template may ask for, as {"enable_thinking": False}.
        yes: fetch more than 100 GB of models.
        delete_after: remove what this call fetched from the Hub when it is measured.
        output: the folder; a run there goes on where it stopped. A temporary one when not given.
        executor: of concurrent.futures or like one (submitit, dask), or "ray".
        jobs: at once on the executor.
        task_tokens: tokens of a task there.
        isa: instruction set; the best of this machine when empty.
        device: as of Model.measure.

    Raises:
        Error: with the command's text.
    """
    arguments = experiment_arguments(
        experiment, models=models, zoo=zoo, checkpoints=checkpoints, change=change, axes=axes, prompts=prompts,
        text_key=text_key, id_key=id_key, special=special, chat=chat, system=system, generation_prompt=generation_prompt,
        chat_template_kwargs=chat_template_kwargs, yes=yes, memory=memory,
    )  # fmt: skip
    own = resources(threads=threads)
    jobs_at_once(jobs)
    out = _folder(output)
    if executor is None:
        own += [f"--isa={name_of(isa, 'an instruction set')}"] if isa else []
        own += [f"--device={name_of(device, 'a device')}"] if device else []
        own += ["--delete-after"] if delete_after else []
        return finish(out, "run", *arguments, *own, f"--output={out}")
    if delete_after or isa or device:
        raise usage("delete_after, isa and device belong to runs without an executor")
    shared = executor_named(executor)
    own += [f"--task-tokens={count(task_tokens, 'tokens')}"] if task_tokens is not None else []
    call("plan", *arguments, *own, f"--output={out}", "--no-progress")
    work_on(out, shared, jobs=jobs, threads=threads, memory=memory, fail=False)
    return finish(out, "merge", str(out), "--partial")


def experiment_arguments(
    experiment: Path,
    *,
    models: Mapping[str, Model | Path] | None = None,
    zoo: bool = False,
    checkpoints: Path | None = None,
    change: Mapping[str, object] | None = None,
    axes: Sequence[str] = (),
    prompts: Path | None = None,
    text_key: str | None = None,
    id_key: str | None = None,
    special: str | None = None,
    chat: bool = False,
    system: str | None = None,
    generation_prompt: bool = True,
    chat_template_kwargs: Mapping[str, object] | None = None,
    yes: bool = False,
    memory: int | str | None = None,
) -> list[str]:
    """What run says of its experiment, as the commands run and plan take it."""
    for what, given in (("models", models), ("change", change), ("chat_template_kwargs", chat_template_kwargs)):
        if not isinstance(given, (Mapping, type(None))):
            raise usage(f"{what} is no dict", expected="{name: value}", got=given)
    arguments = [argument(experiment, "an experiment")]
    arguments += [f"--model={name_of(key, 'a key')}={model_argument(model)}" for key, model in (models or {}).items()]
    arguments += ["--zoo"] if zoo else []
    arguments += [f"--checkpoints={argument(checkpoints, 'a folder')}"] if checkpoints is not None else []
    arguments += [f"--set={name_of(key, 'a key')}={_toml(value)}" for key, value in (change or {}).items()]
    if isinstance(axes, str):
        raise usage("not a list of axes", expected="several in a list", got=axes)
    arguments += [f"--axes={','.join(name_of(axis, 'an axis') for axis in axes)}"] if axes else []
    arguments += _reading(prompts, text_key, id_key, special, system)
    arguments += ["--chat"] if chat else []
    arguments += [] if generation_prompt else ["--no-generation-prompt"]
    arguments += ["--yes"] if yes else []
    arguments += resources(memory)
    if chat_template_kwargs is not None:
        arguments += ["--chat-template-kwargs=" + json.dumps(dict(chat_template_kwargs))]
    return arguments


def _toml(value: object) -> str:
    """A value of an experiment's file; a text is written without quotation marks."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reading(prompts: object, text_key: object, id_key: object, special: object, system: object) -> list[str]:
    """Flags of the prompts that have a value. An option and its value are one word, whatever the value begins with."""
    if prompts is not None:
        prompts = name_of(prompts, "a file of prompts")
    given = {"prompts": prompts, "text-key": text_key, "id-key": id_key, "special": special, "system": system}
    for name, value in given.items():
        if value is not None and (not isinstance(value, str) or "\0" in value):
            raise usage(f"not a {name}", expected="text", got=value)
    return [f"--{name}={value}" for name, value in given.items() if value is not None]


def analyze(experiment: Path, results: Path, *, output: Path | None = None) -> Run:
    """Statistics, verdicts and figures of stored results, without any model, as `streamgauge analyze`."""
    out = _folder(output)
    return finish(
        out, "analyze", argument(experiment, "an experiment"), argument(results, "a results file"), f"--output={out}"
    )


def pull(
    model: str,
    *,
    revision: str | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    audit: bool = False,
    revisions: str | None = None,
) -> str:
    """Fetches a model of the Hub into its cache, as `streamgauge pull`; what the command says.

    Args:
        model: ORG/NAME, also ORG/NAME@REV or ORG/NAME:QUANT.
        revision: a branch, a tag or a commit.
        include, exclude: globs over the repository's files.
        audit: fetch nothing; say which branches hold the same weights. `revisions` is a glob that chooses among them.

    Raises:
        Error: with the command's text.
    """
    name = argument(model, "a model")
    if revision is not None:
        found = re.fullmatch(r"([^@:]+(?:://[^@:]+)?)(:[^@]+)?", name)
        if found is None:
            raise usage("a model with a revision of its own", expected="ORG/NAME", got=name)
        name = f"{found[1]}@{argument(revision, 'a revision')}{found[2] or ''}"
    arguments = ["pull", name]
    for flag, globs in (("--include", include), ("--exclude", exclude)):
        for glob in [globs] if isinstance(globs, str) else globs:
            arguments += [f"{flag}={name_of(glob, 'a glob')}"]
    arguments += ["--audit"] if audit else []
    arguments += [f"--revisions={name_of(revisions, 'a glob')}"] if revisions is not None else []
    return call(*arguments)


def doctor() -> str:
    """This machine, this build, and where it looks for models, as `streamgauge doctor`."""
    return call("doctor")
