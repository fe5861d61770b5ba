"""The few bytes of the protocol that the fault commands need, made by hand so that they can also be made wrong."""
import struct

PRODUCE, FETCH, METADATA, API_VERSIONS, DELETE_TOPICS = 0, 1, 3, 18, 20
MIB = 1 << 20

CRC32C = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ 0x82F63B78 if n & 1 else n >> 1
    CRC32C.append(n)


def crc32c(data):
    crc = 0xFFFFFFFF
    for b in data:
        crc = CRC32C[(crc ^ b) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def text(s):
    return struct.pack(">h", len(s)) + s.encode() if s is not None else b"\xff\xff"


def uvarint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out) + bytes([n])


def varint(n):
    return uvarint((n << 1) ^ (n >> 63) if n < 0 else n << 1)


def frame(api, version, body, correlation=1, flexible=False):
    head = struct.pack(">hhi", api, version, correlation) + text("hostile") + (b"\0" if flexible else b"")
    return struct.pack(">i", len(head) + len(body)) + head + body


def batch(records, count=1, codec=0):
    """A record batch of format 2 around bytes that say they are `count` records, compressed by `codec`."""
    tail = struct.pack(">hiqqqhii", codec, count - 1, 1, 1, -1, -1, -1, count) + records
    crc = crc32c(tail)
    return struct.pack(">qiibI", 0, len(tail) + 9, -1, 2, crc) + tail


def record(value):
    body = b"\0" + varint(0) + varint(0) + varint(-1) + varint(len(value)) + value + varint(0)
    return varint(len(body)) + body


def produce(topic, records, acks=-1):
    return frame(PRODUCE, 7, text(None) + struct.pack(">hii", acks, 20000, 1) + text(topic) + struct.pack(">iii", 1, 0, len(records)) + records)


def fetch(topic, offset, max_bytes=MIB, wait_ms=2000):
    return frame(FETCH, 11, struct.pack(">iiiibii", -1, wait_ms, 1, max_bytes, 0, 0, -1) + struct.pack(">i", 1) + text(topic) +
                 struct.pack(">iiiqqi", 1, 0, -1, offset, -1, max_bytes) + struct.pack(">i", 0) + text(""))


def metadata(topic):
    return frame(METADATA, 4, struct.pack(">i", 1) + text(topic) + b"\1")


def receive(s, n):
    out = bytearray()
    while len(out) < n:
        piece = s.recv(n - len(out))
        if not piece:
            raise ConnectionError("closed")
        out += piece
    return bytes(out)


def answer(s):
    (n,) = struct.unpack(">i", receive(s, 4))
    return receive(s, n)



def delete_topic(topic):
    return frame(DELETE_TOPICS, 1, struct.pack(">i", 1) + text(topic) + struct.pack(">i", 20000))


def produced(reply, topic):
    """Error code and base offset of a Produce reply for one partition."""
    at = 4 + 4 + 2 + len(topic) + 4 + 4
    return struct.unpack(">hq", reply[at:at + 10])
