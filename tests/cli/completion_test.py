"""Completion and the manual page are what the program parses, and the shells read them."""
import re
import shutil
import subprocess

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
        self.assertIn("notebook-003", self.bash("measure", "--suite", "note"))
        self.assertIn("long-context", self.bash("run", "lo"))
        self.assertEqual(self.bash("list", "su"), ["suites"])
        self.assertEqual(self.bash("help", "gai"), ["gains"])

    def test_bash_completes_files_with_blanks(self):
        (self.folder / "a model").mkdir()
        self.assertIn("a model", " ".join(self.bash("inspect", "a")))

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
        for tool in (["man", "--warnings", "-l"], ["groff", "-man", "-Tutf8", "-ww"]):
            if shutil.which(tool[0]) is None:
                continue
            (self.folder / "page.1").write_text(page)
            done = subprocess.run([*tool, self.folder / "page.1"], capture_output=True, text=True, timeout=30, check=True)
            self.assertEqual(done.stderr, "")


main()
