package uis;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.Map;

/**
 * 发送:直到得到回执。没有应答就重发,msgId 不变。
 * Sends until there is a receipt. No answer means: send again, with the same msgId.
 */
public final class HubClient {
    private static final int TIMEOUT = 10_000;
    private static final int[] PAUSES = {300, 600, 1_200, 2_400, 4_800, 9_600};

    private final String hub;
    private final Key key;

    public HubClient(String hub, Key key) {
        this.hub = hub.replaceAll("/+$", "");
        this.key = key;
    }

    /** The first answer that decides: a receipt, or a refusal that sending again will not change. */
    public Receipt send(Map<String, Object> message) throws InterruptedException {
        Receipt answer = null;
        for (int attempt = 0; attempt <= PAUSES.length; attempt++) {
            // Each attempt is signed anew: the hub refuses old times and used nonces.
            answer = post(Json.canonical(Envelope.sign(message, key)));
            if (!answer.again()) {
                return answer;
            }
            if (attempt < PAUSES.length) {
                Thread.sleep(Math.max(PAUSES[attempt], answer.retryAfter * 1000L));
            }
        }
        return answer;
    }

    /** One POST of bytes as they are. */
    public Receipt post(byte[] body) {
        HttpURLConnection connection = null;
        try {
            connection = (HttpURLConnection) new URL(hub + "/v1/messages").openConnection();
            connection.setConnectTimeout(TIMEOUT);
            connection.setReadTimeout(TIMEOUT);
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "application/json; charset=utf-8");
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
            int status = connection.getResponseCode();
            InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream();
            return new Receipt(status, read(in), connection.getHeaderFieldInt("Retry-After", 0), key);
        } catch (IOException error) {
            return new Receipt(0, new byte[0], 0, key); // perhaps it arrived, perhaps not: that is what msgId is for
        } finally {
            if (connection != null) {
                connection.disconnect();
            }
        }
    }

    static byte[] read(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[8192];
        for (int size; in != null && (size = in.read(piece)) > 0;) {
            out.write(piece, 0, size);
        }
        return out.toByteArray();
    }
}
