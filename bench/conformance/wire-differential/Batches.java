// Record batches as the Java client and broker see them. Three commands, one batch a line:
//
//   write SEED COUNT   random batches from the client's own builder: "NAME HEX"
//   describe           "NAME HEX" lines from stdin, each answered with what a reader finds in the batch
//   judge              "NAME RULES HEX" lines from stdin, each answered with what the broker's validator says
//
// The description has one line for the batch and one for each record, in the format that the `batches` example of
// thalweg-wire prints; batches.sh compares the two.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Random;
import java.util.StringJoiner;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.PrimitiveRef;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogValidator;

public class Batches {
    static final HexFormat HEX = HexFormat.of();
    static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "write" -> write(Long.parseLong(args[1]), Integer.parseInt(args[2]));
            case "describe" -> lines(fields -> describe(fields[0], HEX.parseHex(fields[1])));
            case "judge" -> lines(fields -> judge(fields[0], fields[1], HEX.parseHex(fields[2])));
            default -> throw new IllegalArgumentException(args[0]);
        }
        OUT.flush();
    }

    interface Line {
        void on(String[] fields) throws Exception;
    }

    static void lines(Line line) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String text; (text = in.readLine()) != null; ) {
            if (!text.isEmpty() && text.charAt(0) != '#') line.on(text.split(" "));
        }
    }

    static void write(long seed, int count) {
        Random random = new Random(seed);
        CompressionType[] codecs = CompressionType.values();
        for (int i = 0; i < count; i++) {
            CompressionType codec = codecs[i % codecs.length];
            String name = codec.name + "-" + i;
            OUT.println(name + " " + HEX.formatHex(i % 11 == 10 ? marker(random) : batch(random, codec)));
        }
    }

    static byte[] batch(Random random, CompressionType codec) {
        boolean idempotent = random.nextBoolean();
        boolean transactional = idempotent && random.nextBoolean();
        boolean append = random.nextInt(4) == 0;
        long base = random.nextInt(3) == 0 ? random.nextLong() >>> 1 : random.nextInt(1000);
        long now = 1_700_000_000_000L + random.nextInt(1_000_000);
        // Sequences near the end of their range wrap inside the batch.
        int sequence = !idempotent ? -1 : random.nextBoolean() ? Integer.MAX_VALUE - random.nextInt(3) : random.nextInt(100);
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1 << 16), RecordBatch.MAGIC_VALUE_V2,
            Compression.of(codec).build(), append ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
            base > Long.MAX_VALUE - 1000 ? 0 : base, append ? now : RecordBatch.NO_TIMESTAMP,
            idempotent ? random.nextLong() >>> 1 : -1, idempotent ? (short) random.nextInt(1 << 15) : -1, sequence,
            transactional, random.nextInt(1 << 20) - 1);
        int records = 1 + random.nextInt(random.nextInt(8) == 0 ? 300 : 8);
        for (int i = 0; i < records; i++) {
            builder.append(random.nextInt(9) == 0 ? -1 : now + random.nextInt(20_000) - 10_000,
                bytes(random, 40), bytes(random, random.nextInt(10) == 0 ? 3000 : 60), headers(random));
        }
        return toBytes(builder.build());
    }

    static byte[] marker(Random random) {
        ControlRecordType type = random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        return toBytes(MemoryRecords.withEndTransactionMarker(random.nextInt(1000), 1_700_000_000_000L, random.nextInt(100),
            random.nextInt(100_000), (short) random.nextInt(100), new EndTransactionMarker(type, random.nextInt(1000))));
    }

    static byte[] toBytes(MemoryRecords records) {
        ByteBuffer buffer = records.buffer().duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    static byte[] bytes(Random random, int most) {
        if (random.nextInt(6) == 0) return null;
        byte[] bytes = new byte[random.nextInt(most)];
        if (random.nextBoolean()) random.nextBytes(bytes);
        else for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) ('a' + i % 7);
        return bytes;
    }

    static Header[] headers(Random random) {
        Header[] headers = new Header[random.nextInt(3) == 0 ? random.nextInt(5) : 0];
        // Few names, so that equal ones follow each other.
        for (int i = 0; i < headers.length; i++) headers[i] = new RecordHeader("h" + random.nextInt(2), bytes(random, 12));
        return headers;
    }

    static void describe(String name, byte[] bytes) {
        Iterator<MutableRecordBatch> batches = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches().iterator();
        RecordBatch batch = batches.next();
        if (batches.hasNext() || batch.sizeInBytes() != bytes.length) throw new IllegalStateException(name + ": not one batch");
        batch.ensureValid();
        OUT.printf("batch %s size=%d base=%d last=%d epoch=%d crc=%08x codec=%s time=%s txn=%b control=%b horizon=%s max=%d "
                + "pid=%d pepoch=%d seq=%d lastseq=%d count=%d%n",
            name, batch.sizeInBytes(), batch.baseOffset(), batch.lastOffset(), batch.partitionLeaderEpoch(), batch.checksum(),
            batch.compressionType().name, batch.timestampType() == TimestampType.CREATE_TIME ? "create" : "append",
            batch.isTransactional(), batch.isControlBatch(),
            batch.deleteHorizonMs().isPresent() ? "" + batch.deleteHorizonMs().getAsLong() : "none", batch.maxTimestamp(),
            batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.lastSequence(), batch.countOrNull());
        for (Record record : batch) {
            StringJoiner headers = new StringJoiner(",", "[", "]");
            for (Header header : record.headers()) {
                headers.add(HEX.formatHex(header.key().getBytes(StandardCharsets.UTF_8)) + ":"
                    + (header.value() == null ? "null" : HEX.formatHex(header.value())));
            }
            String marker = "";
            if (batch.isControlBatch()) {
                ControlRecordType type = ControlRecordType.parse(record.key());
                if (type == ControlRecordType.COMMIT || type == ControlRecordType.ABORT) {
                    marker = " marker=" + type.name().toLowerCase() + ":" + EndTransactionMarker.deserialize(record).coordinatorEpoch();
                }
            }
            OUT.printf("record offset=%d time=%d key=%s value=%s headers=%s%s%n",
                record.offset(), record.timestamp(), hex(record.key()), hex(record.value()), headers, marker);
        }
    }

    static String hex(ByteBuffer buffer) {
        if (buffer == null) return "null";
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HEX.formatHex(bytes);
    }

    /** RULES: compacted,append-time,now,before,after. */
    static void judge(String name, String rules, byte[] bytes) {
        String[] rule = rules.split(",");
        try {
            MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
            Iterator<MutableRecordBatch> batches = records.batches().iterator();
            if (!batches.hasNext()) throw new IllegalStateException("no batch");
            RecordBatch batch = batches.next();
            if (batches.hasNext() || batch.sizeInBytes() != bytes.length) throw new IllegalStateException("not one batch");
            if (batch.magic() != RecordBatch.MAGIC_VALUE_V2) throw new IllegalStateException("magic");
            // What the log checks itself before it asks the validator.
            if (batch.baseOffset() != 0) throw new IllegalStateException("base offset");
            batch.ensureValid();
            CompressionType codec = batch.compressionType();
            long now = Long.parseLong(rule[2]);
            // A clock that stands still: every method that answers a number answers this one.
            Time time = (Time) Proxy.newProxyInstance(Time.class.getClassLoader(), new Class<?>[] {Time.class},
                (proxy, method, arguments) -> method.getReturnType() == long.class ? now : null);
            LogValidator validator = new LogValidator(records, new TopicPartition("t", 0), time, codec,
                Compression.of(codec).build(), rule[0].equals("true"), RecordBatch.MAGIC_VALUE_V2,
                rule[1].equals("true") ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
                Long.parseLong(rule[3]), Long.parseLong(rule[4]), 0, AppendOrigin.CLIENT);
            LogValidator.ValidationResult result =
                validator.validateMessagesAndAssignOffsets(PrimitiveRef.ofLong(0), METRICS, BufferSupplier.NO_CACHING);
            OUT.println(name + " ok " + result.maxTimestampMs() + " " + HEX.formatHex(toBytes(result.validatedRecords()), 0, 61));
        } catch (Throwable e) {
            OUT.println(name + " invalid " + e.getClass().getSimpleName() + " " + ("" + e.getMessage()).replace('\n', ' '));
        }
    }

    static final LogValidator.MetricsRecorder METRICS = new LogValidator.MetricsRecorder() {
        public void recordInvalidMagic() {}

        public void recordInvalidOffset() {}

        public void recordInvalidSequence() {}

        public void recordInvalidChecksums() {}

        public void recordNoKeyCompactedTopic() {}
    };
}
