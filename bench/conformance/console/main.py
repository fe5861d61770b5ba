"""The conformance story for Kafka's own console tools: kafka-topics, kafka-configs, kafka-console-producer,
kafka-console-consumer, kafka-get-offsets, kafka-consumer-groups. Their records are lines of text.

usage: main.py write|resume BOOTSTRAP PREFIX RECORDS MORE CODEC...      (see ../README.md for the story and the output)
"""
import os
import re
import subprocess
import sys
import tempfile
import time

PARTITIONS = 3
CLI = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../peers/kafka-cli")
ENV = {**os.environ, "KAFKA_CLI_TIER": "1"}


def make(i):
    """The i-th record as the console producer reads it, and as the console consumer prints it."""
    text, size = f"{i}:", 20 + i * 31 % 180
    value = "NULL" if i % 1000 == 999 else (text * (size // len(text) + 1))[:size]
    return f"i:{i},x:á,i:again\tkey-{i % 1000}\t{value}"


def cli(tool, bootstrap, *args, stdin=None, out=None, ok=(0,)):
    p = subprocess.run([CLI, tool, "--bootstrap-server", bootstrap, *args], env=ENV, stdin=stdin or subprocess.DEVNULL,
                       stdout=out or subprocess.PIPE, stderr=subprocess.PIPE, timeout=180)
    text = (p.stdout or b"").decode(errors="replace")
    if p.returncode not in ok:
        raise AssertionError(f"{tool} exit {p.returncode}: {(text + p.stderr.decode(errors='replace'))[-300:]}")
    return text


def end_offsets(bootstrap, prefix):
    """Topic to partition to end of log, for every topic of this run: one start of the tool for all codecs."""
    ends = {}
    for t, p, o in re.findall(r"^(\S+):(\d+):(\d+)$", cli("kafka-get-offsets", bootstrap, "--topic", prefix + "-.*"), re.M):
        ends.setdefault(t, {})[int(p)] = int(o)
    return ends


def committed(bootstrap, topics):
    """Topic to partition to committed offset and to what is left to read."""
    out = cli("kafka-consumer-groups", bootstrap, "--describe", "--offsets", *(a for t in topics for a in ("--group", t + "-group")))
    at, lag = {}, {}
    for t, p, o, left in re.findall(r"^\S+-group +(\S+) +(\d+) +(\d+) +\d+ +(\d+) ", out, re.M):
        at.setdefault(t, {})[int(p)] = int(o)
        lag[t] = lag.get(t, 0) + int(left)
    return at, lag


def show(offsets):
    return ",".join(f"{p}:{offsets.get(p, 0)}" for p in range(PARTITIONS))


def story(resume, b, topic, codec, records, more, work, start):
    """Writes and reads one codec's topic; returns where each partition was read to, and how long it took."""
    first, end = (records, records + more) if resume else (0, records)
    with open(work + "/in", "w") as f:
        f.writelines(make(i) + "\n" for i in range(first, end))
    if not resume:
        cli("kafka-topics", b, "--create", "--topic", topic, "--partitions", str(PARTITIONS), "--replication-factor", "1")
        if codec == "none":  # once: a setting made by one tool, shown by another
            cli("kafka-configs", b, "--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", "retention.ms=86400000")
            for tool, args in (("kafka-configs", ["--entity-type", "topics", "--entity-name", topic]), ("kafka-topics", ["--topic", topic])):
                if "retention.ms=86400000" not in cli(tool, b, "--describe", *args):
                    raise AssertionError(f"{tool} --describe does not show the retention set")
    t0 = time.monotonic()
    with open(work + "/in", "rb") as f:
        cli("kafka-console-producer", b, "--topic", topic, "--compression-codec", codec, "--reader-property", "parse.key=true",
            "--reader-property", "parse.headers=true", "--reader-property", "null.marker=NULL", "--command-property", "acks=all",
            "--command-property", "linger.ms=5", stdin=f)
    t1 = time.monotonic()
    with open(work + "/out", "wb") as f:
        cli("kafka-console-consumer", b, "--topic", topic, "--group", topic + "-group", "--from-beginning", "--timeout-ms", "20000",
            "--max-messages", str(end - first), *(a for p in ("partition", "offset", "headers", "key")
                                                  for a in ("--formatter-property", f"print.{p}=true")),
            "--formatter-property", "null.literal=NULL", out=f)
    seen, at, last, home = set(), dict(start), {}, {}
    with open(work + "/out") as f:
        for line in f:
            m = re.match(r"Partition:(\d+)\tOffset:(\d+)\t(i:(\d+),.*)$", line)
            if not m:
                raise AssertionError(f"console consumer printed: {line[:200]}")
            p, o, i = int(m[1]), int(m[2]), int(m[4])
            here = f"record {i} at {p}:{o}"
            if not first <= i < end or i in seen:
                raise AssertionError(f"{here} was not to be seen now")
            if m[3] != make(i):
                raise AssertionError(f"{here} differs: {m[3][:200]}")
            if o != at.get(p, 0) or i <= last.get(p, -1) or home.setdefault(i % 1000, p) != p:
                raise AssertionError(f"{here} out of order: wanted offset {at.get(p, 0)}, last record {last.get(p)}")
            seen.add(i)
            at[p], last[p] = o + 1, i
    if len(seen) != end - first:
        raise AssertionError(f"read {len(seen)} of {end - first}")
    return at, f"write {t1 - t0:.1f} s read {time.monotonic() - t1:.1f} s"


def main():
    phase, b, prefix, records, more = sys.argv[1:6]
    codecs, resume, bad, read = sys.argv[6:], phase == "resume", {}, {}
    topics = {c: f"{prefix}-{c}" for c in codecs}
    start = {}
    if resume:
        start, lag = committed(b, list(topics.values()))
        for c, t in topics.items():
            print("resumed", c, show(start.get(t, {})), flush=True)
            if lag.get(t) != 0:
                bad[c] = f"lag {lag.get(t)} after the restart, wanted 0"
    for c, t in topics.items():
        with tempfile.TemporaryDirectory() as work:
            try:
                read[c] = story(resume, b, t, c, int(records), int(more), work, start.get(t, {}))
            except Exception as e:  # any failure of a tool is a result, and the other codecs still run
                bad[c] = f"{type(e).__name__} {str(e)[:300]}"
    now, lag = committed(b, list(topics.values()))
    ends = end_offsets(b, prefix)
    for c, t in topics.items():
        if c in read and c not in bad:
            at, took = read[c]
            if show(now.get(t, {})) == show(at) == show(ends.get(t, {})) and lag.get(t) == 0:
                print("committed", c, show(at))
                print("pass", c, took)
                continue
            bad[c] = f"read to {show(at)}, committed {show(now.get(t, {}))}, log ends {show(ends.get(t, {}))}, lag {lag.get(t)}"
        print("fail", c, bad[c].replace("\n", " "), flush=True)
    sys.exit(1 if bad else 0)


main()
