// Kafka's side of the comparison: reads lines from standard input, does with Kafka's classes what they ask, and answers
// each with one line. `src/main.rs` is the other side.
//   E NAME VERSION TO JSON   read JSON as VERSION, write bytes as TO       OK hex | REFUSED why
//   D NAME VERSION TO HEX    read bytes as VERSION, tell them, write as TO  OK json OK hex | OK json REFUSED why | REFUSED
//   T NAME VERSION - JSON    the record as it stands in its topic           OK hex
//   S NAME VERSION           Kafka's own description of the message         {name:TYPE,...}
//   N NAME STRUCT VERSION    a new struct, told                             OK json
//   A KEY VERSION            the API table
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.*;
import java.lang.reflect.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.protocol.Readable;
import org.apache.kafka.common.protocol.types.*;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

public class Oracle {
    static final String[] PACKAGES = {
        "org.apache.kafka.common.message.", "org.apache.kafka.common.metadata.",
        "org.apache.kafka.coordinator.group.generated.", "org.apache.kafka.coordinator.transaction.generated.",
        "org.apache.kafka.coordinator.share.generated.",
        "org.apache.kafka.server.log.remote.metadata.storage.generated.",
    };
    static final ObjectMapper MAPPER = new ObjectMapper();
    static final HexFormat HEX = HexFormat.of();

    record Kind(Class<?> of, Constructor<?> read, Method fromJson, Method toJson) {
        static Kind find(String name) throws Exception {
            for (String suffix : new String[] {"Data", ""}) {
                for (String in : PACKAGES) {
                    try {
                        Class<?> of = Class.forName(in + name + suffix);
                        Class<?> json = Class.forName(in + name + suffix + "JsonConverter");
                        return new Kind(of, of.getConstructor(Readable.class, short.class),
                            json.getMethod("read", JsonNode.class, short.class),
                            json.getMethod("write", of, short.class, boolean.class));
                    } catch (ClassNotFoundException e) {
                        // in another package
                    }
                }
            }
            throw new IllegalStateException("no class for " + name);
        }

        Message fromJson(String json, short version) throws Exception {
            return (Message) call(fromJson, MAPPER.readTree(json), version);
        }
    }

    static final Map<String, Kind> KINDS = new HashMap<>();

    static Kind kind(String name) throws Exception {
        Kind kind = KINDS.get(name);
        if (kind == null) KINDS.put(name, kind = Kind.find(name));
        return kind;
    }

    static Object call(Method method, Object... args) throws Exception {
        try {
            return method.invoke(null, args);
        } catch (InvocationTargetException e) {
            throw (Exception) e.getCause();
        }
    }

    static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HEX.formatHex(bytes);
    }

    // Only two refusals count as such: the version lacks a field that is set, or has no null. Anything else is a fault.
    static String bytes(Message message, short version) {
        try {
            ObjectSerializationCache cache = new ObjectSerializationCache();
            ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
            message.write(new ByteBufferAccessor(buffer), cache, version);
            if (buffer.hasRemaining()) return "FAULT\tsize and write differ";
            return "OK\t" + hex(buffer.flip());
        } catch (UnsupportedVersionException | NullPointerException e) {
            return "REFUSED\t" + e.toString().replace('\n', ' ');
        }
    }

    static String inTopic(String name, short version, String json) throws Exception {
        Message message = kind(name).fromJson(json, version);
        String from = message.getClass().getName();
        if (from.contains(".metadata.")) {
            ApiMessageAndVersion record = new ApiMessageAndVersion((ApiMessage) message, version);
            ObjectSerializationCache cache = new ObjectSerializationCache();
            var serde = org.apache.kafka.metadata.MetadataRecordSerde.INSTANCE;
            ByteBuffer buffer = ByteBuffer.allocate(serde.recordSize(record, cache));
            serde.write(record, cache, new ByteBufferAccessor(buffer));
            return "OK\t" + hex(buffer.flip());
        }
        CoordinatorRecordSerde serde =
            from.contains(".share.") ? new org.apache.kafka.coordinator.share.ShareCoordinatorRecordSerde()
            : from.contains(".transaction.") ? new org.apache.kafka.coordinator.transaction.TransactionCoordinatorRecordSerde()
            : new org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde();
        if (name.endsWith("Key")) {
            return "OK\t" + HEX.formatHex(serde.serializeKey(CoordinatorRecord.tombstone((ApiMessage) message)));
        }
        ApiMessage key = (ApiMessage) kind(name.replaceFirst("Value$", "Key")).of().getConstructor().newInstance();
        ApiMessageAndVersion value = new ApiMessageAndVersion((ApiMessage) message, version);
        return "OK\t" + HEX.formatHex(serde.serializeValue(CoordinatorRecord.record(key, value)));
    }

    static String api(short key, short version) {
        if (!ApiKeys.hasId(key) || !ApiKeys.forId(key).hasValidVersion()) return "none";
        ApiKeys api = ApiKeys.forId(key);
        var advertised = api.toApiVersionForApiResponse(false, api.messageType.listeners().iterator().next()).get();
        return String.join(" ", api.name, "" + api.messageType.lowestSupportedVersion(),
            "" + api.messageType.highestSupportedVersion(true), "" + advertised.minVersion(), "" + advertised.maxVersion(),
            "" + api.requestHeaderVersion(version), "" + api.responseHeaderVersion(version),
            "" + api.inScope(ApiMessageType.ListenerType.BROKER), "" + api.inScope(ApiMessageType.ListenerType.CONTROLLER));
    }

    static String shape(Object type) {
        String null_ = type instanceof Type t && t.isNullable() ? "?" : "";
        if (type instanceof Schema schema) {
            List<String> fields = new ArrayList<>();
            for (BoundField field : schema.fields()) {
                if (field.def.type instanceof TaggedFields tagged) {
                    new TreeMap<>(tagged.fields()).forEach((tag, f) -> fields.add(tag + "=" + shape(f)));
                    fields.add("tagged");
                } else {
                    fields.add(shape(field.def));
                }
            }
            return "{" + String.join(",", fields) + "}" + null_;
        }
        if (type instanceof Field field) return field.name.replace("_", "") + ":" + shape(field.type);
        if (type instanceof ArrayOf array) return "[" + shape(array.arrayElementType().get()) + "]" + null_;
        if (type instanceof CompactArrayOf array) return "COMPACT_[" + shape(array.arrayElementType().get()) + "]" + null_;
        return type.toString();
    }

    static String newStruct(String name, String of, short version) throws Exception {
        Class<?> outer = kind(name).of();
        String inner = of.equals(name) ? "" : "$" + of;
        Class<?> struct = Class.forName(outer.getName() + inner);
        Class<?> json = Class.forName(outer.getName() + "JsonConverter" + (inner.isEmpty() ? "" : inner + "JsonConverter"));
        Object value = struct.getConstructor().newInstance();
        return "OK\t" + call(json.getMethod("write", struct, short.class, boolean.class), value, version, false);
    }

    static String answer(String[] ask) throws Exception {
        if (ask[0].equals("N")) return newStruct(ask[1], ask[2], Short.parseShort(ask[3]));
        if (ask[0].equals("S")) return shape(kind(ask[1]).of().getField("SCHEMA_" + ask[2]).get(null));
        if (ask[0].equals("A")) return api(Short.parseShort(ask[1]), Short.parseShort(ask[2]));
        short version = Short.parseShort(ask[2]), to = Short.parseShort(ask[3]);
        Kind kind = kind(ask[1]);
        String rest = ask.length > 4 ? ask[4] : "";
        switch (ask[0]) {
            case "E":
                return bytes(kind.fromJson(rest, version), to);
            case "D":
                ByteBuffer buffer = ByteBuffer.wrap(HEX.parseHex(rest));
                Message message = (Message) kind.read().newInstance(new ByteBufferAccessor(buffer), version);
                if (buffer.hasRemaining()) return "FAULT\t" + buffer.remaining() + " bytes left";
                return "OK\t" + call(kind.toJson(), message, version, false) + "\t" + bytes(message, to);
            case "T":
                return inTopic(ask[1], version, rest);
            default:
                return "FAULT\tunknown question";
        }
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 1 << 16), false, StandardCharsets.UTF_8);
        for (String line; (line = in.readLine()) != null; ) {
            String answer;
            try {
                answer = answer(line.split("\t", -1));
            } catch (Exception e) {
                answer = ("FAULT\t" + e + " " + e.getCause()).replace('\n', ' ').replace('\r', ' ');
            }
            out.print(answer + "\n");
        }
        out.flush();
    }
}
