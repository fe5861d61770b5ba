"""The brokers that are measured side by side, each started fresh for a run: Thalweg on either runtime, and Apache Kafka as it comes
or with each append flushed, as durable as Thalweg then. A broker counts as one of ours or as Kafka by its script."""
import atexit
import glob
import os
import shutil
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(HERE)
PEERS_HOME = os.environ.get("PEERS_HOME", os.path.expanduser("~/.cache/peers"))
# the program under test, which has the load generator in it
PROGRAM = os.environ.get("THALWEG_BIN") or f"{os.environ.get('CARGO_TARGET_DIR', REPO + '/target')}/release/thalweg"
THALWEG, KAFKA = f"{HERE}/broker", f"{HERE}/peers/kafka-broker"
BROKERS = {
    "thalweg": (THALWEG,),
    "glommio": (THALWEG, "--runtime", "glommio"),
    "kafka": (KAFKA,),
    "kafka-flush": (KAFKA, "--flush-every-message"),
}
USUAL = ["thalweg", "kafka"]


def run(*cmd, codes=(0,)):
    p = subprocess.run([str(c) for c in cmd], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if p.returncode not in codes:
        raise SystemExit(f"{' '.join(map(str, cmd[:5]))}: exit {p.returncode}: {p.stdout[-1500:]}")
    return p.stdout


def chosen(text):
    """Names, separated by commas; the first is what the others are compared with."""
    names = text.split(",")
    unknown = [n for n in names if n not in BROKERS]
    if unknown:
        raise SystemExit(f"no such broker: {', '.join(unknown)}; there are {', '.join(BROKERS)}")
    return names


def quiet_disk(directory):
    """Wipes what a broker before has left, and waits until the disk has done with it: what that left in the page cache the kernel
    would write in the middle of the next run, and where a file system discards what is deleted, 10,000 partitions' files take
    seconds of it. Flushes stand behind either."""
    shutil.rmtree(directory, ignore_errors=True)
    os.sync()

    def discards():
        fields = [open(f).read().split() for f in glob.glob("/sys/block/*/stat")]
        return [f[11] for f in fields if len(f) > 11]

    until, before = time.time() + 60, None
    while time.time() < until and before != (before := discards()):
        time.sleep(1)


class Broker:
    """One broker, on an empty directory, until `end`. `sets` goes to Thalweg only."""

    def __init__(self, name, port, cpus=None, sets=(), more=()):
        (self.cmd, *options), self.at = BROKERS[name], ["--port", port]
        options += [x for s in sets for x in ("--set", s)] if self.cmd == THALWEG else []
        self.directory = f"{PEERS_HOME}/run/{'thalweg' if self.cmd == THALWEG else 'kafka'}-{port}"
        quiet_disk(self.directory)
        run(self.cmd, "start", "--clean", *self.at, *options, *more, *(["--cpus", cpus] if cpus else []))
        self.pid = int(self.stats()[0])

    def stats(self):
        return run(self.cmd, "stats", *self.at).split()

    def cpu_s(self):
        return float(self.stats()[1])

    def rss_mib(self):
        return int(self.stats()[2]) / 1024

    def end(self, set_aside=False):
        """With `set_aside`, what it leaves is kept until the program ends, for a broker with thousands of files: ext4 looks past
        each inode freed within the last minutes before it gives the next run a new one (`recently_deleted` of fs/ext4/ialloc.c)."""
        run(self.cmd, "kill", *self.at)
        if set_aside:
            aside = f"{self.directory}-aside-{os.getpid()}-{time.monotonic_ns()}"
            os.rename(self.directory, aside)
            atexit.register(shutil.rmtree, aside, ignore_errors=True)


def compare(what, seen, keys, median):
    """Prints medians, spreads and the ratio of the first broker to each of the others."""
    for k in keys:
        of = {name: [r[k] for r in runs if k in r] for name, runs in seen.items()}
        if not all(of.values()):
            continue
        medians = {name: median(values) for name, values in of.items()}
        text = "  ".join(f"{n} {medians[n]:.4g} ({min(v):.4g}-{max(v):.4g}, {len(v)} runs)" for n, v in of.items())
        first, *others = of
        ratios = "  ".join(f"to {n} {medians[first] / medians[n]:.3f}" for n in others if medians[n])
        print(f"{what} {k}: {text}  {ratios}", flush=True)
