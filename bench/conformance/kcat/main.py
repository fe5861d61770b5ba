"""The conformance story for kcat, driven as a command. It has no admin API (the broker creates the topic with
num.partitions=3) and gives every record of a run the same headers, so the number stands in the value alone.

usage: main.py write|resume BOOTSTRAP PREFIX RECORDS MORE CODEC...      (see ../README.md for the story and the output)
"""
import os
import subprocess
import sys
import tempfile
import time

PARTITIONS = 3
HEADERS = b"i=one,bin=\x01\xc3\xa9,i=again,empty="
FORMAT = "%p %o %K %S %h\\n%k%s\\n"


def make(i):
    if i % 1000 == 999:
        return b"key-999", None
    text, size = b"%d:" % i, 20 + i * 31 % 180
    return b"key-%d" % (i % 1000), b"\x00\xfe" + (text * (size // len(text) + 1))[:size]


def run(args, out=None, stdin=None):
    p = subprocess.run(["kcat", *args], stdin=stdin or subprocess.DEVNULL, stdout=out or subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=180)
    if p.returncode:
        raise AssertionError(f"kcat exit {p.returncode}: {p.stderr.decode(errors='replace')[-300:]}")


def read(f):
    """Yields partition, offset, key, value, headers of each record that FORMAT wrote."""
    while line := f.readline():
        p, o, k, s, h = line.rstrip(b"\n").split(b" ", 4)
        key, value = f.read(int(k)), f.read(int(s)) if int(s) >= 0 else None
        assert f.read(1) == b"\n", "kcat's own output is out of step"
        yield int(p), int(o), key, value, h


def story(resume, bootstrap, topic, codec, records, more, work):
    first, end = (records, records + more) if resume else (0, records)
    with open(work + "/in", "wb") as f:
        for i in range(first, end):
            key, value = make(i)
            f.write(key + b"\t" + (value or b"") + b"\n")
    t0 = time.monotonic()
    with open(work + "/in", "rb") as f:
        headers = [a for h in HEADERS.split(b",") for a in (b"-H", h)]
        run(["-P", "-b", bootstrap, "-t", topic, "-K", "\t", "-Z", "-z", codec, "-X", "enable.idempotence=true", *headers], stdin=f)
    t1 = time.monotonic()
    # the group commits when kcat leaves; -e: at the end of all its partitions
    with open(work + "/out", "wb") as f:
        run(["-b", bootstrap, "-X", "auto.offset.reset=earliest", "-X", "check.crcs=true", "-e", "-q", "-f", FORMAT,
             "-G", topic + "-group", topic], out=f)
    want = {}  # what each key's records must be, in order
    for i in range(first, end):
        key, value = make(i)
        want.setdefault(key, []).append(value)
    at, last, home, start, count = {}, {}, {}, {}, 0
    with open(work + "/out", "rb") as f:
        for p, o, key, value, h in read(f):
            here = f"{p}:{o}"
            start.setdefault(p, o)
            if o != at.setdefault(p, o):
                raise AssertionError(f"offset {here}, wanted {at[p]}")
            if home.setdefault(key, p) != p:
                raise AssertionError(f"key {key} at {here} was on partition {home[key]}")
            if not want.get(key):
                raise AssertionError(f"{here}: a record of {key} too many")
            expected = want[key].pop(0)
            if value != expected:
                raise AssertionError(f"{here}: value of {key} differs or is out of order")
            if value is not None:
                i = int(value[2:].split(b":")[0])
                if i <= last.get(p, -1):
                    raise AssertionError(f"record {i} at {here} after record {last[p]}")
                last[p] = i
            if h != HEADERS:
                raise AssertionError(f"{here}: headers differ: {h}")
            at[p] = o + 1
            count += 1
    if count != end - first:
        raise AssertionError(f"read {count} of {end - first}")
    if not resume and any(o != 0 for o in start.values()):
        raise AssertionError(f"first offsets {start}")
    show = lambda offsets: ",".join(f"{p}:{offsets.get(p, 0)}" for p in range(PARTITIONS))
    if resume:
        print("resumed", codec, show(start))
    print("committed", codec, show(at))
    print(f"pass {codec} write {t1 - t0:.1f} s read {time.monotonic() - t1:.1f} s", flush=True)


phase, bootstrap, prefix, records, more = sys.argv[1:6]
bad = 0
for codec in sys.argv[6:]:
    with tempfile.TemporaryDirectory() as work:
        try:
            story(phase == "resume", bootstrap, f"{prefix}-{codec}", codec, int(records), int(more), work)
        except Exception as e:  # any failure of the client is a result, and the other codecs still run
            bad = 1
            print("fail", codec, type(e).__name__, str(e)[:300], flush=True)
sys.exit(bad)
