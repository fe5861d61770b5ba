// The conformance story for kafkajs. It brings gzip; the other codecs are add-ons, plugged in through its own interface.
// usage: main.js write|resume BOOTSTRAP PREFIX RECORDS MORE CODEC...      (see ../README.md for the story and the output)
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require('kafkajs')
const lz4 = require('lz4-napi')
const zstd = require('@bokuweb/zstd-wasm')

const PARTITIONS = 3
const TYPES = { none: 'None', gzip: 'GZIP', snappy: 'Snappy', lz4: 'LZ4', zstd: 'ZSTD' }
CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async encoder => lz4.compressFrame(encoder.buffer),
  decompress: async buffer => lz4.decompressFrame(buffer),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async encoder => Buffer.from(zstd.compress(encoder.buffer, 3)),
  decompress: async buffer => Buffer.from(zstd.decompress(buffer)),
})

const BIN = Buffer.from([0, 1, 0xfe, 0xff])
const EMPTY = Buffer.alloc(0)
function make(i) {
  let value = null
  if (i % 1000 !== 999) {
    const size = 20 + ((i * 31) % 180)
    value = Buffer.alloc(size + 2, `${i}:`)
    // Buffer.alloc repeats from its start: shift by the two bytes in front
    value = Buffer.concat([Buffer.from([0, 0xfe]), value.subarray(0, size)])
  }
  // a header that stands twice is a list here, so the order between different keys is not kept by this client
  return { key: `key-${i % 1000}`, value, headers: { i: [`${i}`, 'again'], bin: BIN, empty: EMPTY } }
}

class Judge {
  constructor(from, to, start) {
    Object.assign(this, { from, to, next: [...start], seen: new Uint8Array(to - from), last: [-1, -1, -1], home: {}, count: 0 })
  }
  see(partition, m) {
    const fail = text => { throw new Error(`record ${i} at ${partition}:${m.offset}: ${text}`) }
    const i = Number(m.headers?.i?.[0]?.toString())
    const want = make(i)
    const key = m.key?.toString()
    if (!(i >= this.from && i < this.to)) fail('was not to be seen now')
    if (this.seen[i - this.from]) fail('seen twice')
    if (key !== want.key) fail('key differs')
    if (want.value === null ? m.value !== null : !m.value?.equals(want.value)) fail('value differs')
    const h = m.headers
    const same = Object.keys(h).length === 3 && h.i.length === 2 && h.i[1].toString() === 'again' &&
      h.bin.equals(BIN) && Buffer.isBuffer(h.empty) && h.empty.length === 0
    if (!same) fail('headers differ')
    if (i <= this.last[partition]) fail(`after record ${this.last[partition]}`)
    if (BigInt(m.offset) !== BigInt(this.next[partition])) fail(`wanted offset ${this.next[partition]}`)
    if ((this.home[key] ??= partition) !== partition) fail(`its key was on partition ${this.home[key]}`)
    this.seen[i - this.from] = 1
    this.last[partition] = i
    this.next[partition] = Number(m.offset) + 1
    this.count++
  }
}

const text = offsets => offsets.map((o, p) => `${p}:${o}`).join(',')
const sleep = ms => new Promise(r => setTimeout(r, ms))

async function story(kafka, resume, topic, codec, records, more) {
  const [from, to] = resume ? [records, records + more] : [0, records]
  const groupId = `${topic}-group`
  const admin = kafka.admin()
  await admin.connect()
  const committed = async () => {
    const at = Array(PARTITIONS).fill(0)
    const got = await admin.fetchOffsets({ groupId, topics: [topic] })
    for (const p of got[0].partitions) at[p.partition] = Math.max(0, Number(p.offset))
    return at
  }
  try {
    if (!resume) {
      await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }] })
      await sleep(300) // Kafka answers before its partitions are up, and a client that met that retries for seconds
    }
    const t0 = Date.now()
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (let i = from; i < to; ) {
      const messages = []
      for (; i < to && messages.length < 3000; i++) messages.push(make(i))
      await producer.send({ topic, messages, acks: -1, compression: CompressionTypes[TYPES[codec]] })
    }
    await producer.disconnect()
    const t1 = Date.now()
    const start = resume ? await committed() : [0, 0, 0]
    if (resume) console.log('resumed', codec, text(start))
    const judge = new Judge(from, to, start)
    let failed = null
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
        try {
          if (!failed) for (const m of batch.messages) judge.see(batch.partition, m)
        } catch (e) { failed = e }
        resolveOffset(batch.lastOffset())
        await heartbeat()
      },
    })
    while (!failed && judge.count < to - from && Date.now() < t1 + 120000) await sleep(20)
    await sleep(300)
    if (!failed && judge.count === to - from) {
      await consumer.commitOffsets(judge.next.map((o, partition) => ({ topic, partition, offset: `${o}` })))
    }
    await consumer.disconnect()
    if (failed) throw failed
    if (judge.count !== to - from) throw new Error(`read ${judge.count} of ${to - from} in 120 s`)
    const now = await committed()
    if (text(now) !== text(judge.next)) throw new Error(`committed ${text(judge.next)}, the broker says ${text(now)}`)
    console.log('committed', codec, text(now))
    console.log(`pass ${codec} write ${((t1 - t0) / 1000).toFixed(1)} s read ${((Date.now() - t1) / 1000).toFixed(1)} s`)
  } finally {
    await admin.disconnect()
  }
}

async function main([phase, bootstrap, prefix, records, more, ...codecs]) {
  await zstd.init()
  const kafka = new Kafka({ brokers: [bootstrap], clientId: 'conformance', logLevel: logLevel.NOTHING })
  let bad = 0
  for (const codec of codecs) {
    try {
      await story(kafka, phase === 'resume', `${prefix}-${codec}`, codec, Number(records), Number(more))
    } catch (e) {
      bad = 1
      console.log('fail', codec, e.message)
    }
  }
  process.exit(bad)
}
main(process.argv.slice(2))
