"""Plans, and the parts of one together, whatever it is a plan of."""

from __future__ import annotations

import pathlib
from typing import Any, Union

from ._corpus import Corpus, corpus_arguments
from ._errors import Error, usage
from ._experiment import Run, experiment_arguments, finish
from ._files import Path, argument, name_of, read_json
from ._inputs import count
from ._program import call


def plan(
    what: Path, *corpus: Any, output: Path, slurm: bool = False, task_tokens: int | None = None, **options: Any
) -> pathlib.Path:
    """Cuts an experiment or a corpus into tasks that any number of processes may do, as `streamgauge plan`.

    `sg.plan("instruct-brake", zoo=True, output="shared")`, `sg.plan("corpus", model, files, output="shared")`; then
    `sg.work("shared")` in each process, `sg.merge("shared")` at the end.

    Args:
        what: an experiment, by name or as a TOML file; "corpus" before a model and the files of its documents.
        output: the folder of the plan, its parts and the results.
        slurm: also job.sbatch, an array of Slurm jobs.
        task_tokens: tokens of an experiment's task.
        options: of an experiment those of run that say what is measured, of a corpus those of corpus.

    Returns:
        the folder.

    Raises:
        Error: with the command's text.
        TypeError: an option of another name.
    """
    folder = argument(output, "a folder")
    if what == "corpus":
        if len(corpus) != 2:
            raise usage("not a corpus", expected="a model, and files of its documents", got=corpus)
        arguments = ["corpus", *corpus_arguments(*corpus, **options)]
    else:
        if corpus:
            raise usage("an experiment takes its models by name", expected="models={...}", got=corpus)
        arguments = experiment_arguments(what, **options)
    arguments += [f"--task-tokens={count(task_tokens, 'tokens')}"] if task_tokens is not None else []
    arguments += ["--slurm"] if slurm else []
    call("plan", *arguments, f"--output={folder}", "--no-progress")
    return pathlib.Path(folder)


def merge(folder: Path, *, verify: str | None = None, partial: bool = False) -> Union[Corpus, Run]:
    """All parts of a plan together, as `streamgauge merge`.

    Args:
        verify: the share of parts that is computed again and compared, as "1%".
        partial: take what is there, though parts are missing.

    Raises:
        Error: with the command's text; parts that are missing, or have other bits.
    """
    arguments = ["merge", argument(folder, "a folder")]
    arguments += [f"--verify={name_of(verify, 'a share')}"] if verify is not None else []
    arguments += ["--partial"] if partial else []
    plan = read_json(pathlib.Path(folder) / "plan.json", "streamgauge.")
    if plan["schema"].startswith("streamgauge.run_plan/"):
        return finish(pathlib.Path(folder), *arguments)
    try:
        call(*arguments, "--no-progress")
    except Error as error:
        if error.exit_code != 1:  # some parts are missing, as `partial` allows
            raise
    return Corpus(folder)
