// The conformance story for Kafka's own Java client; compiles against kafka-clients 2.8 as well as 4.x.
// usage: Conform write|resume BOOTSTRAP PREFIX RECORDS MORE CODEC...      (see ../README.md for the story and the output)
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.*;

public final class Conform {
    static final int PARTITIONS = 3;

    // The i-th record: what is written and what must be read back.
    static byte[] key(int i) { return ("key-" + i % 1000).getBytes(StandardCharsets.US_ASCII); }
    static byte[] value(int i) {
        if (i % 1000 == 999) return null;
        byte[] text = (i + ":").getBytes(StandardCharsets.US_ASCII);
        byte[] v = new byte[22 + (int) ((long) i * 31 % 180)];
        v[0] = 0; v[1] = (byte) 0xfe;
        for (int at = 2; at < v.length; at++) v[at] = text[(at - 2) % text.length];
        return v;
    }
    static Header[] headers(int i) {
        return new Header[] { new RecordHeader("i", ("" + i).getBytes(StandardCharsets.US_ASCII)),
            new RecordHeader("bin", new byte[] { 0, 1, (byte) 0xfe, (byte) 0xff }),
            new RecordHeader("i", "again".getBytes(StandardCharsets.US_ASCII)), new RecordHeader("empty", new byte[0]) };
    }

    /** Judges what is read of records from..to: each once, byte-equal, in order, at consecutive offsets, a key on one partition. */
    static final class Judge {
        final int from, to; final BitSet seen = new BitSet(); int count;
        final int[] last = new int[PARTITIONS]; final long[] next; final Map<String, Integer> home = new HashMap<>();
        Judge(int from, int to, long[] start) { this.from = from; this.to = to; this.next = start.clone(); Arrays.fill(last, -1); }
        void see(ConsumerRecord<byte[], byte[]> r) {
            Header[] got = r.headers().toArray();
            if (got.length == 0) throw new IllegalStateException("no headers at " + r.partition() + ":" + r.offset());
            int i = Integer.parseInt(new String(got[0].value(), StandardCharsets.US_ASCII));
            String at = "record " + i + " at " + r.partition() + ":" + r.offset();
            if (i < from || i >= to) throw new IllegalStateException(at + " was not to be seen now");
            if (seen.get(i)) throw new IllegalStateException(at + " seen twice");
            if (!Arrays.equals(key(i), r.key())) throw new IllegalStateException(at + ": key differs");
            if (!Arrays.equals(value(i), r.value())) throw new IllegalStateException(at + ": value differs");
            if (!Arrays.equals(headers(i), got)) throw new IllegalStateException(at + ": headers differ");
            if (i <= last[r.partition()]) throw new IllegalStateException(at + " after record " + last[r.partition()]);
            if (r.offset() != next[r.partition()]) throw new IllegalStateException(at + ": wanted offset " + next[r.partition()]);
            Integer p = home.putIfAbsent(new String(r.key(), StandardCharsets.US_ASCII), r.partition());
            if (p != null && p != r.partition()) throw new IllegalStateException(at + ": its key was on partition " + p);
            seen.set(i); last[r.partition()] = i; next[r.partition()] = r.offset() + 1; count++;
        }
    }

    static Properties common(String bootstrap) {
        Properties p = new Properties();
        p.put("bootstrap.servers", bootstrap);
        return p;
    }
    static void produce(String bootstrap, String topic, String codec, int from, int to) {
        Properties p = common(bootstrap);
        p.put("acks", "all"); p.put("enable.idempotence", "true"); p.put("compression.type", codec); p.put("linger.ms", "5");
        AtomicReference<Exception> failed = new AtomicReference<>();
        try (Producer<byte[], byte[]> out = new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = from; i < to && failed.get() == null; i++) {
                out.send(new ProducerRecord<>(topic, null, null, key(i), value(i), Arrays.asList(headers(i))),
                    (m, e) -> { if (e != null) failed.compareAndSet(null, e); });
            }
            out.flush();
        }
        if (failed.get() != null) throw new IllegalStateException("write: " + failed.get());
    }
    static String text(long[] offsets) {
        StringJoiner s = new StringJoiner(",");
        for (int p = 0; p < offsets.length; p++) s.add(p + ":" + offsets[p]);
        return s.toString();
    }
    static long[] committed(Consumer<byte[], byte[]> c, String topic) {
        long[] at = new long[PARTITIONS];
        Set<TopicPartition> all = new HashSet<>();
        for (int p = 0; p < PARTITIONS; p++) all.add(new TopicPartition(topic, p));
        c.committed(all).forEach((tp, o) -> at[tp.partition()] = o == null ? 0 : o.offset());
        return at;
    }

    static void story(boolean resume, String bootstrap, String topic, String codec, int records, int more) throws Exception {
        if (!resume) {
            try (Admin admin = Admin.create(common(bootstrap))) {
                admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
            }
            Thread.sleep(300); // Kafka answers before its partitions are up, and a client that met that retries for seconds
        }
        int from = resume ? records : 0, to = resume ? records + more : records;
        long t0 = System.nanoTime();
        produce(bootstrap, topic, codec, from, to);
        long t1 = System.nanoTime();
        Properties p = common(bootstrap);
        p.put("group.id", topic + "-group"); p.put("enable.auto.commit", "false"); p.put("auto.offset.reset", "earliest");
        try (Consumer<byte[], byte[]> in = new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            long[] start = committed(in, topic);
            if (resume) System.out.println("resumed " + codec + " " + text(start));
            Judge judge = new Judge(from, to, start);
            in.subscribe(List.of(topic));
            long deadline = System.nanoTime() + 120_000_000_000L;
            while (judge.count < to - from) {
                if (System.nanoTime() > deadline) throw new IllegalStateException("read " + judge.count + " of " + (to - from) + " in 120 s");
                in.poll(Duration.ofMillis(500)).forEach(judge::see);
            }
            in.poll(Duration.ofMillis(300)).forEach(judge::see);
            in.commitSync();
            long[] now = committed(in, topic);
            if (!Arrays.equals(now, judge.next)) throw new IllegalStateException("committed " + text(judge.next) + ", the broker says " + text(now));
            System.out.println("committed " + codec + " " + text(now));
        }
        System.out.printf(Locale.ROOT, "pass %s write %.1f s read %.1f s%n", codec, (t1 - t0) / 1e9, (System.nanoTime() - t1) / 1e9);
    }

    public static void main(String[] a) {
        int bad = 0;
        for (String codec : Arrays.asList(a).subList(5, a.length)) {
            try {
                story(a[0].equals("resume"), a[1], a[2] + "-" + codec, codec, Integer.parseInt(a[3]), Integer.parseInt(a[4]));
            } catch (Exception e) {
                bad++;
                System.out.println("fail " + codec + " " + e);
            }
        }
        System.exit(bad == 0 ? 0 : 1);
    }
}
