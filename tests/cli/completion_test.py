"""Completion and the manual page are what the program parses, and the shells read them."""
import os
import pty
import re
import select
import shutil
import subprocess
import time

from support import ROOT, CliTest, main

COMPLETE = r"""
source "$1"
COMP_WORDS=("${@:2}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_streamgauge
printf '%s\n' "${COMPREPLY[@]}"
"""


class Completion(CliTest):
    def script(self, shell):
        file = self.folder / shell
        file.write_text(self.ok("completion", shell).out)
        return file

    def commands(self):
        text = self.ok("help").out
        return re.findall(r"^  ([a-z]+) +", text[text.index("Subcommands:"):], re.MULTILINE)

    def flags(self, command):
        return re.findall(r"^  (?:-\w,)?(--[a-z-]+)", self.ok("help", command).out, re.MULTILINE)

    def bash(self, *words):
        done = subprocess.run(["bash", "-c", COMPLETE, "bash", self.script("bash"), "streamgauge", *words],
                              capture_output=True, text=True, cwd=self.folder, timeout=30, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_completes_commands_flags_and_words(self):
        self.assertEqual(self.bash("ga"), ["gains"])
        self.assertLessEqual(set(self.commands()), set(self.bash("")))
        for command in self.commands():
            self.assertLessEqual(set(self.flags(command)), set(self.bash(command, "-")), command)
        self.assertEqual(self.bash("measure", "--logits", ""), ["last", "all", "none"])
        self.assertEqual(self.bash("--quiet", "completion", ""), ["bash", "zsh", "fish"])
        self.assertEqual(self.bash("measure", "--device", ""), ["cpu", "cuda", "auto"])
        self.assertIn("notebook-003", self.bash("measure", "--suite", "note"))
        self.assertIn("long-context", self.bash("run", "lo"))
        self.assertEqual(self.bash("list", "su"), ["suites"])
        self.assertEqual(self.bash("help", "gai"), ["gains"])

    def test_bash_completes_after_an_equals_sign_and_a_comma(self):
        self.assertEqual(self.bash("measure", "--logits", "=", "l"), ["last"])
        self.assertEqual(self.bash("measure", "--logits", "="), ["last", "all", "none"])
        self.assertEqual(self.bash("extract", "--sites", "embed,resid_po"), ["embed,resid_post"])
        self.assertIn("--threads", self.bash("--"))

    def test_bash_completes_files_with_blanks(self):
        (self.folder / "a model").mkdir()
        self.assertIn("a model", " ".join(self.bash("inspect", "a")))

    def test_fish_completes(self):
        if shutil.which("fish") is None:
            self.skipTest("fish is not installed")
        script = self.script("fish")
        for line, wanted in (("streamgauge ga", "gains"), ("streamgauge -t 2 ga", "gains"), ("streamgauge run long", "long-context"),
                             ("streamgauge measure x --logits ", "last"), ("streamgauge measure --lo", "--logits"),
                             ("streamgauge --thr", "--threads"), ("streamgauge list su", "suites")):
            done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], capture_output=True,
                                  text=True, timeout=60, check=True, cwd=self.folder, env={**os.environ, "HOME": str(self.folder)})
            self.assertIn(wanted, [word.split("\t")[0] for word in done.stdout.splitlines()], line)

    def zsh(self, line):
        """What an interactive zsh shows when TAB is pressed behind the line."""
        functions = self.folder / "functions"
        functions.mkdir(exist_ok=True)
        (functions / "_streamgauge").write_text(self.ok("completion", "zsh").out)
        try:
            process, terminal = pty.fork()
        except OSError as error:  # a root without /dev/pts, as of a container's
            self.skipTest(f"no terminal for an interactive zsh: {error}")
        if process == 0:
            os.chdir(self.folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb", "COLUMNS": "200", "LINES": "400"})

        def read_until(mark):
            seen, end = b"", time.monotonic() + 60
            while mark not in seen and time.monotonic() < end:
                if select.select([terminal], [], [], 0.1)[0]:
                    seen += os.read(terminal, 65536)
            self.assertIn(mark, seen, line)
            return seen

        os.write(terminal, f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D; PS1='rea''dy> '\n".encode())
        read_until(b"ready> ")  # the line editor has the terminal
        os.write(terminal, line.encode() + b"\t\t\x15echo do''ne\n")  # the line is emptied before the mark is asked for
        seen = read_until(b"done")
        os.write(terminal, b"exit\n")
        os.close(terminal)
        os.waitpid(process, 0)
        return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x08", b"", seen).decode(errors="replace")

    def test_zsh_completes(self):
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        for line, wanted in (("streamgauge me", "token norms, gains"), ("streamgauge -t 2 gains --defin", "--definition"),
                             ("streamgauge run long-c", "long-context"), ("streamgauge measure x --logits ", "none"),
                             ("streamgauge extract x --sites embed,", "resid_post"), ("streamgauge list ", "suites")):
            self.assertIn(wanted, self.zsh(line), line)

    def test_zsh_and_fish_read_their_scripts(self):
        for shell in ("zsh", "fish"):
            script = self.script(shell)
            text = script.read_text()
            for command in self.commands():
                self.assertIn(command, text)
                for flag in self.flags(command):
                    self.assertIn(flag if shell == "zsh" else "-l " + flag[2:], text)
            if shutil.which(shell) is None:
                print(f"skipped: {shell} is not installed")
                continue
            subprocess.run([shell, "-n", script], check=True, timeout=30)

    def test_the_man_page_has_every_flag_exit_code_and_variable(self):
        page = self.ok("help", "--man").out
        plain = page.replace("\\-", "-")
        for command in self.commands():
            self.assertIn("streamgauge " + command, plain)
            for flag in self.flags(command):
                self.assertIn(flag, plain)
        manual = (ROOT / "docs" / "cli.md").read_text()
        for code in re.findall(r"^\| (\d+) \|", manual, re.MULTILINE):
            self.assertIn(f'.B "{code}"', page)
        for variable in re.findall(r"`((?:HF|SG|NO|XDG)_[A-Z_]+)`", manual + (ROOT / "docs" / "hub.md").read_text()):
            self.assertIn(variable, plain)
        named = {name for file in (ROOT / "src").rglob("*.cc") if file.name != "man_page.cc"
                 for name in re.findall(r'"((?:HF|HUGGING|HUGGINGFACE|TRANSFORMERS|STREAMGAUGE|XDG|SSL|CURL|REQUESTS|SOURCE|HTTP|NO|SG)_[A-Z_]+)"',
                                        file.read_text())}
        self.assertGreater(len(named), 15)
        for variable in named:
            self.assertIn(variable, plain)
        for tool in (["mandoc", "-Tlint", "-Wstyle"], ["man", "--warnings", "-l"], ["groff", "-man", "-Tutf8", "-ww"]):
            if shutil.which(tool[0]) is None:
                continue
            (self.folder / "page.1").write_text(page)
            done = subprocess.run([*tool, self.folder / "page.1"], capture_output=True, text=True, timeout=30, check=True)
            self.assertEqual(done.stderr, "")
            if tool[0] == "mandoc":
                self.assertEqual(done.stdout, "")


main()
