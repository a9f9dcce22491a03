package uis;

import java.security.SecureRandom;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * 信封 {head, body}:签名、验签、判断“同一报文”。
 * The envelope: signing it, checking it, and telling a retry from another message.
 */
public final class Envelope {
    public static final ZoneOffset CST = ZoneOffset.ofHours(8);
    private static final DateTimeFormatter WALL = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx");
    private static final SecureRandom CHANCE = new SecureRandom();

    private Envelope() {
    }

    /**
     * A copy that can be sent: fresh time and nonce, and the signature. msgId stays, so that sending again after a
     * lost answer is the same message to the hub.
     */
    public static Map<String, Object> sign(Map<String, Object> message, Key key) {
        byte[] chance = new byte[12];
        CHANCE.nextBytes(chance);
        Map<String, Object> sign = new LinkedHashMap<>();
        sign.put("alg", key.alg);
        sign.put("keyId", key.keyId);
        Map<String, Object> head = new LinkedHashMap<>(Json.object(message.get("head")));
        head.put("from", key.owner);
        head.put("time", now());
        head.put("nonce", Key.hex(chance));
        head.put("sign", sign);
        Map<String, Object> made = new LinkedHashMap<>(message);
        made.put("head", head);
        sign.put("value", key.sign(signingBytes(made)));
        return made;
    }

    /** True when the signature is that of this key over exactly this content. */
    public static boolean verify(Map<String, Object> message, Key key) {
        Map<String, Object> head = Json.object(message.get("head"));
        Map<String, Object> sign = Json.object(head.get("sign"));
        // The algorithm belongs to the key: never let a message choose it.
        return key.keyId.equals(sign.get("keyId")) && key.alg.equals(sign.get("alg"))
                && key.owner.equals(head.get("from"))
                && key.verify(signingBytes(message), String.valueOf(sign.get("value")));
    }

    /** What a signature covers: everything but sign.value. */
    public static byte[] signingBytes(Map<String, Object> message) {
        Map<String, Object> head = new LinkedHashMap<>(Json.object(message.get("head")));
        if (head.get("sign") instanceof Map) {
            Map<String, Object> sign = new LinkedHashMap<>(Json.object(head.get("sign")));
            sign.remove("value");
            head.put("sign", sign);
        }
        return Json.canonical(with(message, head));
    }

    /** SM3 of what was sent, whatever the circumstances of sending (time, nonce, signature). */
    public static String contentDigest(Map<String, Object> message) {
        Map<String, Object> head = new LinkedHashMap<>(Json.object(message.get("head")));
        head.remove("time");
        head.remove("nonce");
        head.remove("sign");
        return "sm3:" + Key.hex(Key.sm3(Json.canonical(with(message, head))));
    }

    private static Map<String, Object> with(Map<String, Object> message, Map<String, Object> head) {
        Map<String, Object> made = new LinkedHashMap<>(message);
        made.put("head", head);
        return made;
    }

    /** Times are written in Beijing time, to the second. */
    public static String now() {
        return WALL.format(OffsetDateTime.now(CST).truncatedTo(ChronoUnit.SECONDS));
    }
}
