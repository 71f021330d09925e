"""A plan worked on by a real Slurm of one node, from Debian's packages, that this test starts and ends itself: jobs are
killed, requeued and run out of time, and the result is that of one process. Skipped (exit code 77) without slurmctld,
slurmd and munged, or without the right to run them."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

from support import PROGRAM, ROOT, CliTest, main

MODEL = ROOT / "zoo" / "llama2"
TEXT = ROOT / "zoo" / "heldout.txt"
NEEDED = ("slurmctld", "slurmd", "munged", "sbatch", "scontrol", "squeue")
DEADLINE = 240
ENDED = ("TIMEOUT", "FAILED", "CANCELLED", "NODE_FAIL")

CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge.socket
CryptoType=crypto/munge
SlurmctldPort={port}
SlurmdPort={node_port}
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1
ReturnToService=2
KillWait=5
MinJobAge=300
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""

# In the place of streamgauge. The first time, job 1 kills itself and job 2 hangs until it is told that its time is over.
WRAPPER = """#!/bin/bash
mark={root}/seen-$SLURM_ARRAY_TASK_ID
if [ ! -e "$mark" ]; then
  touch "$mark"
  case $SLURM_ARRAY_TASK_ID in
    1) kill -9 $PPID; kill -9 $$ ;;
    2) exec sleep 600 ;;
  esac
fi
exec "{program}" "$@" --threads 1
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Slurm(CliTest):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "slurm"
        for part in ("state", "spool"):
            (self.root / part).mkdir(parents=True)
        os.chmod(self.root, 0o755)
        os.chmod(self.folder, 0o755)
        key = self.root / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        host = socket.gethostname()
        conf = self.root / "slurm.conf"
        conf.write_text(CONF.format(root=self.root, host=host, port=free_port(), node_port=free_port(), cpus=os.cpu_count()))
        self.environment = {**os.environ, "SLURM_CONF": str(conf)}
        self.daemons = []
        self.addCleanup(self.end)
        self.start("munged", "--foreground", "--force", f"--socket={self.root}/munge.socket", f"--key-file={key}",
                   f"--pid-file={self.root}/munged.pid", f"--log-file={self.root}/munged.log",
                   f"--seed-file={self.root}/munged.seed")
        self.until(lambda: (self.root / "munge.socket").exists(), "munged answers")
        self.start("slurmctld", "-D", "-i", "-f", conf)
        self.start("slurmd", "-D", "-f", conf, "-N", host)
        self.until(lambda: "idle" in self.call("sinfo", "-h", "-o", "%T"), "the node is idle")

    def start(self, *command):
        log = open(self.root / f"{command[0]}.out", "wb")
        self.addCleanup(log.close)
        self.daemons.append(subprocess.Popen([str(c) for c in command], env=self.environment, stdout=log, stderr=log,
                                             start_new_session=True))

    def end(self):
        self.call("scancel", "-u", "root")
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def call(self, *command):
        done = subprocess.run([str(c) for c in command], env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    def until(self, what, says):
        deadline = time.monotonic() + DEADLINE
        while not what():
            if time.monotonic() > deadline:
                logs = "\n".join(f"{f.name}: {f.read_text(errors='replace')[-2000:]}" for f in self.root.glob("*.out"))
                self.fail(f"never came true: {says}\n{self.call('squeue')}\n{logs}")
            time.sleep(0.2)

    def states(self, job):
        rows = self.call("scontrol", "show", "job", job, "-o").splitlines()
        return {dict(f.split("=", 1) for f in row.split() if "=" in f).get("ArrayTaskId"): row for row in rows}

    def state_of(self, job, index):
        row = self.states(job).get(str(index), "")
        return dict(f.split("=", 1) for f in row.split() if "=" in f).get("JobState", "")

    def requeue(self, job, index):
        self.call("scontrol", "requeue", f"{job}_{index}")
        row = self.states(job).get(str(index), "")
        number = dict(f.split("=", 1) for f in row.split() if "=" in f).get("JobId", f"{job}_{index}")
        self.call("scontrol", "update", f"JobId={number}", "StartTime=now")

    def run_again(self, job, index, says):
        """A node that has just killed a job may refuse it when it comes again at once ("Job credential revoked"), which
        Slurm calls a failed job; whoever requeues it by hand does so once more."""
        self.requeue(job, index)

        def completed():
            state = self.state_of(job, index)
            if state in ENDED:
                time.sleep(2)
                self.requeue(job, index)
            return state == "COMPLETED"

        self.until(completed, says)

    def test_killed_requeued_and_out_of_time(self):
        text = self.folder / "text.txt"
        text.write_bytes(TEXT.read_bytes()[:20000])
        self.ok("corpus", MODEL, text, "--context", "64", "-o", self.folder / "whole")
        whole = json.loads((self.folder / "whole" / "corpus.json").read_text())["digest"]
        plan = self.folder / "plan"
        self.ok("plan", "corpus", MODEL, text, "--context", "64", "--task", "4000", "--slurm", "-o", plan)
        wrapper = self.root / "streamgauge"
        wrapper.write_text(WRAPPER.format(root=self.root, program=PROGRAM))
        wrapper.chmod(0o755)
        self.environment["STREAMGAUGE"] = str(wrapper)
        said = self.call("sbatch", "--time=1", "--mem=0", plan / "job.sbatch")
        self.assertIn("Submitted batch job", said)
        job = said.split()[-1]
        self.until(lambda: self.state_of(job, 1) == "FAILED", "job 1 was killed")
        self.until(lambda: self.state_of(job, 0) == "COMPLETED", "job 0 is done")
        self.requeue(job, 0)  # done already, once more
        self.run_again(job, 1, "job 1 was run again")
        self.until(lambda: self.state_of(job, 2) in ENDED, "job 2 was told to stop")
        self.run_again(job, 2, "job 2 was run again")
        self.until(lambda: not self.call("squeue", "-h").strip(), "no job is left")
        self.ok("merge", plan, "--verify", "50%")
        self.assertEqual(json.loads((plan / "corpus.json").read_text())["digest"], whole)


if __name__ == "__main__":
    missing = [name for name in NEEDED if shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None]
    if missing or os.geteuid() != 0:
        print(f"skipped: {', '.join(missing) + ' missing' if missing else 'only root may start the daemons'}")
        sys.exit(77)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    main()
