"""The conformance story for Python clients: what is written, what must be read back, what is printed (../README.md).

A client is an object with create, write, read and committed; main() runs it.
"""
import sys
import time

PARTITIONS = 3


def make(i):
    """The i-th record: key, value, headers."""
    value = None
    if i % 1000 != 999:
        text, size = b"%d:" % i, 20 + i * 31 % 180
        value = b"\x00\xfe" + (text * (size // len(text) + 1))[:size]
    return b"key-%d" % (i % 1000), value, [("i", b"%d" % i), ("bin", b"\x00\x01\xfe\xff"), ("i", b"again"), ("empty", b"")]


class Judge:
    """Looks at what is read: each record once, byte-equal, in order, at consecutive offsets, a key on one partition."""

    def __init__(self, first, end, start):
        self.first, self.end, self.next = first, end, dict(start)
        self.seen, self.last, self.home, self.count = bytearray(end - first), {}, {}, 0

    def see(self, partition, offset, key, value, headers):
        at = f"{partition}:{offset}"
        if not headers:
            raise AssertionError(f"no headers at {at}")
        i = int(headers[0][1])
        wrong = None
        want_key, want_value, want_headers = make(i)
        if not self.first <= i < self.end:
            wrong = "was not to be seen now"
        elif self.seen[i - self.first]:
            wrong = "seen twice"
        elif key != want_key:
            wrong = "key differs"
        elif value != want_value:
            wrong = "value differs"
        elif headers != want_headers:
            wrong = f"headers differ: {headers}"
        elif i <= self.last.get(partition, -1):
            wrong = f"after record {self.last[partition]}"
        elif offset != self.next[partition]:
            wrong = f"wanted offset {self.next[partition]}"
        elif self.home.setdefault(key, partition) != partition:
            wrong = f"its key was on partition {self.home[key]}"
        if wrong:
            raise AssertionError(f"record {i} at {at}: {wrong}")
        self.seen[i - self.first] = 1
        self.last[partition], self.next[partition] = i, offset + 1
        self.count += 1


def text(offsets):
    return ",".join(f"{p}:{offsets[p]}" for p in range(PARTITIONS))


def story(client, resume, topic, codec, records, more):
    group, first, end = topic + "-group", 0, records
    if resume:
        first, end = records, records + more
    else:
        client.create(topic, PARTITIONS)
        time.sleep(0.3)  # Kafka answers before its partitions are up, and a client that met that retries for seconds
    t0 = time.monotonic()
    client.write(topic, codec, map(make, range(first, end)))
    t1 = time.monotonic()
    start = dict.fromkeys(range(PARTITIONS), 0)
    if resume:
        start = client.committed(topic, group)
        print("resumed", codec, text(start), flush=True)
    judge, full = Judge(first, end, start), 0

    def done():
        nonlocal full
        now = time.monotonic()
        if judge.count == end - first and not full:
            full = now
        return now > t1 + 120 or full and now > full + 0.3

    client.read(topic, group, judge.see, done)
    if judge.count != end - first:
        raise AssertionError(f"read {judge.count} of {end - first} in 120 s")
    now = client.committed(topic, group)
    if now != judge.next:
        raise AssertionError(f"committed {text(judge.next)}, the broker says {text(now)}")
    print("committed", codec, text(now))
    print(f"pass {codec} write {t1 - t0:.1f} s read {time.monotonic() - t1:.1f} s", flush=True)


def main(open_client):
    """argv: write|resume BOOTSTRAP PREFIX RECORDS MORE CODEC..."""
    phase, bootstrap, prefix, records, more = sys.argv[1:6]
    client, bad = open_client(bootstrap), 0
    for codec in sys.argv[6:]:
        try:
            story(client, phase == "resume", f"{prefix}-{codec}", codec, int(records), int(more))
        except Exception as e:  # any failure of a client is a result, and the other codecs still run
            bad = 1
            print("fail", codec, type(e).__name__, str(e)[:300], flush=True)
    sys.exit(bad)
