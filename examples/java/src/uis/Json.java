package uis;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * 报文的 JSON:严格读取,规范化写出。
 * JSON of messages: read strictly, written in canonical form.
 *
 * A value is a Map, List, String, Long, Boolean or null. There are no fractions: decimals are strings, because two
 * parsers may read "0.1" as two different doubles and then sign two different texts. Member names are ASCII, and none
 * comes twice. Use this instead of a library's default output, or set the library as the README says.
 */
public final class Json {
    private static final int MAX_DEPTH = 16;
    private static final long MAX_INTEGER = 1L << 53;

    /** The text is not a message; the sentence says where. */
    public static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Malformed(String what) {
            super(what);
        }
    }

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    public static Object parse(byte[] raw) {
        try {
            // Not new String(raw, UTF_8): that would replace wrong bytes instead of refusing them.
            return parse(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString());
        } catch (CharacterCodingException error) {
            throw new Malformed("not UTF-8");
        }
    }

    public static Object parse(String text) {
        Json reader = new Json(text);
        Object value = reader.value(0);
        reader.space();
        if (reader.at != text.length()) {
            throw reader.wrong("nothing more");
        }
        return value;
    }

    /** A message is always an object. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> object(Object value) {
        if (!(value instanceof Map)) {
            throw new Malformed("an object is expected");
        }
        return (Map<String, Object>) value;
    }

    /** The bytes that a signature covers: members sorted at every level, no white space, UTF-8. */
    public static byte[] canonical(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void write(Object value, StringBuilder out) {
        if (value == null || value instanceof Boolean || value instanceof Long || value instanceof Integer) {
            out.append(value);
        } else if (value instanceof String) {
            quote((String) value, out);
        } else if (value instanceof List) {
            String comma = "";
            out.append('[');
            for (Object item : (List<?>) value) {
                out.append(comma);
                write(item, out);
                comma = ",";
            }
            out.append(']');
        } else if (value instanceof Map) {
            String comma = "";
            out.append('{');
            for (Map.Entry<String, Object> member : new TreeMap<>(object(value)).entrySet()) {
                out.append(comma);
                quote(member.getKey(), out);
                out.append(':');
                write(member.getValue(), out);
                comma = ",";
            }
            out.append('}');
        } else {
            throw new Malformed("no " + value.getClass().getSimpleName() + " in messages: write decimals as strings");
        }
    }

    /** Only what must be escaped is: quotation mark, backslash and control characters. Chinese stays Chinese. */
    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int shortForm = "\"\\\b\f\n\r\t".indexOf(c);
            if (shortForm >= 0) {
                out.append('\\').append("\"\\bfnrt".charAt(shortForm));
            } else if (c < 0x20) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    private Object value(int depth) {
        space();
        char c = at < text.length() ? text.charAt(at) : 0;
        if ((c == '{' || c == '[') && depth >= MAX_DEPTH) {
            throw wrong("no deeper nesting");
        }
        if (c == '{') {
            return members(depth);
        }
        if (c == '[') {
            return items(depth);
        }
        if (c == '"') {
            return string();
        }
        if (text.startsWith("true", at) || text.startsWith("null", at)) {
            at += 4;
            return c == 't' ? Boolean.TRUE : null;
        }
        if (text.startsWith("false", at)) {
            at += 5;
            return Boolean.FALSE;
        }
        return number();
    }

    private Map<String, Object> members(int depth) {
        Map<String, Object> found = new LinkedHashMap<>();
        at++;
        if (next('}')) {
            return found;
        }
        do {
            space();
            String name = string();
            if (found.containsKey(name)) {
                throw wrong("member " + name + " only once");
            }
            for (int i = 0; i < name.length(); i++) {
                if (name.charAt(i) > 0x7f) {
                    throw wrong("ASCII member names");
                }
            }
            if (!next(':')) {
                throw wrong(":");
            }
            found.put(name, value(depth + 1));
        } while (next(','));
        if (!next('}')) {
            throw wrong("}");
        }
        return found;
    }

    private List<Object> items(int depth) {
        List<Object> found = new ArrayList<>();
        at++;
        if (next(']')) {
            return found;
        }
        do {
            found.add(value(depth + 1));
        } while (next(','));
        if (!next(']')) {
            throw wrong("]");
        }
        return found;
    }

    private String string() {
        if (at >= text.length() || text.charAt(at) != '"') {
            throw wrong("\"");
        }
        StringBuilder out = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return checked(out.toString());
            }
            if (c < 0x20) {
                throw wrong("no bare control character");
            }
            out.append(c == '\\' ? escaped() : c);
        }
        throw wrong("\"");
    }

    private char escaped() {
        at++;
        char c = at < text.length() ? text.charAt(at) : 0;
        int plain = "\"\\/bfnrt".indexOf(c);
        if (plain >= 0 && c != 0) {
            return "\"\\/\b\f\n\r\t".charAt(plain);
        }
        if (c != 'u' || at + 4 >= text.length()
                || !text.substring(at + 1, at + 5).matches("[0-9a-fA-F]{4}")) {
            throw wrong("an escape");
        }
        at += 4;
        return (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
    }

    /** Half a character or NUL would be signed differently by different systems. */
    private String checked(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean pair = Character.isHighSurrogate(c) && i + 1 < value.length()
                    && Character.isLowSurrogate(value.charAt(i + 1));
            if (c == 0 || (Character.isSurrogate(c) && !pair)) {
                throw wrong("neither NUL nor half a character");
            }
            i += pair ? 1 : 0;
        }
        return value;
    }

    private Long number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String digits = text.substring(start, at);
        if (!digits.matches("-?(0|[1-9][0-9]{0,15})") || Math.abs(Long.parseLong(digits)) > MAX_INTEGER) {
            throw wrong("an integer up to 2^53; decimals are strings");
        }
        return Long.valueOf(digits);
    }

    private boolean next(char wanted) {
        space();
        if (at < text.length() && text.charAt(at) == wanted) {
            at++;
            return true;
        }
        return false;
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private Malformed wrong(String expected) {
        return new Malformed("at character " + at + ": " + expected + " expected");
    }
}
