package uis;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * 枢纽的应答:回执,或带全部问题的拒绝。
 * What the hub says: a receipt, or a refusal with everything that is wrong.
 */
public final class Receipt {
    public final int status;
    public final int retryAfter;
    public final Map<String, Object> document;
    private final Key key;

    Receipt(int status, byte[] body, int retryAfter, Key key) {
        Map<String, Object> read = new LinkedHashMap<>();
        try {
            read = body.length == 0 ? read : Json.object(Json.parse(body));
        } catch (Json.Malformed error) {
            status = 0; // a proxy's page, or cut short: as good as no answer
        }
        this.status = status;
        this.document = read;
        this.retryAfter = retryAfter;
        this.key = key;
    }

    /** 202 taken, 200 taken before (the first receipt comes again). Both mean: the hub keeps it. */
    public boolean accepted() {
        return (status == 202 || status == 200) && "0000".equals(document.get("code"));
    }

    /** Send again later: no whole answer, too fast, or the hub is busy. Everything else is decided. */
    public boolean again() {
        return status == 0 || status == 429 || status >= 500;
    }

    /**
     * Taken is not yet the end: the state may still be "held" (waits for the project, a release, ...). Ask for the
     * trace with hubId, or wait for the hub's message about it.
     */
    public String state() {
        return document.get("receipt") instanceof Map
                ? String.valueOf(Json.object(document.get("receipt")).get("receiptState")) : "";
    }

    /** Is it really the hub's receipt? With a shared secret it is signed with it (hexadecimal). */
    public boolean genuine() {
        if (!key.shared() || !(document.get("receipt") instanceof Map)) {
            return accepted(); // with a key pair the proof is the evidence: GET /v1/evidence/{hubId}
        }
        Map<String, Object> facts = new LinkedHashMap<>(Json.object(document.get("receipt")));
        Object sign = facts.remove("sign");
        if (!(sign instanceof Map)) {
            return false;
        }
        String hex = String.valueOf(Json.object(sign).get("value"));
        byte[] value = new byte[hex.length() / 2];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        return key.verify(Json.canonical(facts), java.util.Base64.getEncoder().encodeToString(value));
    }

    /** For people: the answer, every finding, and in the sandbox what the hub found out about a wrong signature. */
    public String told() {
        StringBuilder out = new StringBuilder("HTTP " + status + " " + document.get("code"));
        if (accepted()) {
            return out.append(" ").append(document.get("hubId")).append(" ").append(state()).toString();
        }
        for (Object row : rows(document, "findings")) {
            Map<String, Object> finding = Json.object(row);
            out.append("\n  ").append(finding.get("code")).append(" ").append(finding.get("at"))
                    .append(" 应为 ").append(finding.get("expected")).append(",实为 ").append(finding.get("observed"))
                    .append("。").append(finding.get("advice"));
        }
        if (document.get("clinic") instanceof Map) {
            Map<String, Object> clinic = Json.object(document.get("clinic"));
            out.append("\n  枢纽规范化: ").append(clinic.get("canonical"));
            out.append("\n  枢纽摘要: ").append(clinic.get("digest"));
            for (Object row : rows(clinic, "mistakes")) {
                Map<String, Object> mistake = Json.object(row);
                out.append("\n  可能的原因 [").append(mistake.get("id")).append("] ").append(mistake.get("zh"))
                        .append("。").append(mistake.get("remedy"));
            }
        }
        return out.toString();
    }

    private static List<?> rows(Map<String, Object> document, String name) {
        return document.get(name) instanceof List ? (List<?>) document.get(name) : new java.util.ArrayList<Object>();
    }
}
