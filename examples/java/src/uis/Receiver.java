package uis;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * 接收:枢纽发来的报文进,回执出。
 * Receives: messages of the hub in, receipts out. POST /uis/v1/messages
 *
 * The order of the checks matters: bytes (400), shape (422), signature (401), time (401), seen before (200 or 409),
 * nonce (401), and only then what the record says. Keep the three maps in your database in real life: unique index on
 * (from, msgId), the receipt stored in the same transaction as the record.
 */
public final class Receiver {
    private static final int MAX_BODY = 1 << 20;
    private static final Duration WINDOW = Duration.ofSeconds(300);

    private final Key hub;
    private final String self;
    private final HttpServer server;
    private final Map<String, String> digests = new HashMap<>();
    private final Map<String, Map<String, Object>> receipts = new HashMap<>();
    private final Map<String, OffsetDateTime> nonces = new HashMap<>();
    private long serial;

    public Receiver(int port, Key hub, String self, Control control) throws IOException {
        this.hub = hub;
        this.self = self;
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.createContext("/uis/v1/messages", exchange -> answer(exchange, this::take));
        if (control != null) { // a switch: off in production
            server.createContext("/uis/v1/control", exchange -> answer(exchange, body -> control.run(this, exchange, body)));
        }
    }

    public int start() {
        server.start();
        return server.getAddress().getPort();
    }

    /** What a handler says: a status and a document. */
    static final class Said {
        final int status;
        final Map<String, Object> document;

        Said(int status, Map<String, Object> document) {
            this.status = status;
            this.document = document;
        }
    }

    interface Handler {
        Said handle(byte[] body);
    }

    private synchronized Said take(byte[] raw) {
        Map<String, Object> message;
        try {
            message = Json.object(Json.parse(raw));
        } catch (Json.Malformed error) {
            return refused(400, "message.malformed", "", error.getMessage());
        }
        for (String part : new String[] {"head", "body"}) {
            if (!(message.get(part) instanceof Map)) {
                return refused(422, "envelope.required", "/" + part, "补上 " + part);
            }
        }
        Map<String, Object> head = Json.object(message.get("head"));
        for (String name : new String[] {"from", "msgId", "msgType", "time", "nonce"}) {
            if (!(head.get(name) instanceof String)) {
                return refused(422, "envelope.required", "/head/" + name, "补上 " + name);
            }
        }
        if (!(head.get("sign") instanceof Map) || !Envelope.verify(message, hub)) {
            return refused(401, "auth.signature", "/head/sign", "只接收枢纽签名的报文");
        }
        OffsetDateTime now = OffsetDateTime.now(Envelope.CST);
        if (!inTime((String) head.get("time"), now)) {
            return refused(401, "auth.time-window", "/head/time", "校准时钟");
        }
        String number = head.get("from") + " " + head.get("msgId");
        String digest = Envelope.contentDigest(message);
        if (receipts.containsKey(number)) {
            return digest.equals(digests.get(number))
                    ? new Said(200, accepted(receipts.get(number))) // the same message: the same receipt, nothing done twice
                    : refused(409, "idempotency.conflict", "/head/msgId", "同一 msgId 内容不同");
        }
        nonces.values().removeIf(then -> Duration.between(then, now).compareTo(WINDOW.multipliedBy(2)) > 0);
        if (nonces.putIfAbsent((String) head.get("nonce"), now) != null) {
            return refused(401, "auth.nonce", "/head/nonce", "每次发送换新的随机串");
        }
        if (!self.equals(head.getOrDefault("to", self))) {
            return refused(422, "head.to", "/head/to", "本系统是 " + self);
        }
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("receiptNo", String.format("%s-%06d", self, ++serial));
        receipt.put("receiptState", "accepted");
        receipt.put("receivedTime", Envelope.now());
        receipt.put("from", head.get("from"));
        receipt.put("msgId", head.get("msgId"));
        receipt.put("digest", digest);
        digests.put(number, digest);
        receipts.put(number, receipt);
        return new Said(202, accepted(receipt)); // here your system files the record
    }

    synchronized void forget() {
        digests.clear();
        receipts.clear();
        nonces.clear();
    }

    /** A request without envelope proves itself by five headers over method, target, time, nonce and body digest. */
    boolean signed(HttpExchange exchange, byte[] body) {
        String[] head = new String[5];
        String[] names = {"Key", "Time", "Nonce", "Alg", "Sign"};
        for (int i = 0; i < 5; i++) {
            head[i] = exchange.getRequestHeaders().getFirst("X-Hutong-" + names[i]);
            if (head[i] == null) {
                return false;
            }
        }
        OffsetDateTime now = OffsetDateTime.now(Envelope.CST);
        String text = String.join("\n", exchange.getRequestMethod(), exchange.getRequestURI().toString(), head[0],
                head[1], head[2], body.length == 0 ? "" : "sm3:" + Key.hex(Key.sm3(body)));
        boolean right = hub.keyId.equals(head[0]) && hub.alg.equals(head[3]) && inTime(head[1], now)
                && hub.verify(text.getBytes(java.nio.charset.StandardCharsets.UTF_8), head[4]);
        synchronized (this) {
            return right && nonces.putIfAbsent(head[2], now) == null;
        }
    }

    private static boolean inTime(String stated, OffsetDateTime now) {
        try {
            return Duration.between(OffsetDateTime.parse(stated), now).abs().compareTo(WINDOW) <= 0;
        } catch (DateTimeParseException error) {
            return false;
        }
    }

    private static Map<String, Object> accepted(Map<String, Object> receipt) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("code", "0000");
        told.put("receipt", receipt);
        return told;
    }

    static Said refused(int status, String code, String at, String advice) {
        Map<String, Object> finding = new LinkedHashMap<>();
        finding.put("code", code);
        finding.put("at", at);
        finding.put("severity", "error");
        finding.put("advice", advice);
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("type", "urn:hutong:problem:" + code);
        told.put("title", "未受理");
        told.put("status", status);
        told.put("code", code);
        told.put("findings", java.util.Collections.singletonList(finding));
        return new Said(status, told);
    }

    private static void answer(HttpExchange exchange, Handler handler) throws IOException {
        try {
            byte[] body = limited(exchange.getRequestBody());
            Said said = body == null ? refused(413, "message.too-large", "", "附件不随报文") : handler.handle(body);
            byte[] out = Json.canonical(said.document);
            exchange.getResponseHeaders().set("Content-Type",
                    (said.status < 400 ? "application/json" : "application/problem+json") + "; charset=utf-8");
            exchange.sendResponseHeaders(said.status, out.length);
            exchange.getResponseBody().write(out);
        } finally {
            exchange.close();
        }
    }

    private static byte[] limited(InputStream in) throws IOException {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        byte[] piece = new byte[8192];
        for (int size; (size = in.read(piece)) > 0;) {
            out.write(piece, 0, size);
            if (out.size() > MAX_BODY) {
                return null;
            }
        }
        return out.toByteArray();
    }
}
