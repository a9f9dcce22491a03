package uis;

import com.sun.net.httpserver.HttpExchange;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * 检测时的开关:GET 说明能做什么,POST 让系统做。
 * The switch for the conformance suite: GET tells what can be done, POST has it done. Off in production.
 *
 * Here: connect {hub}, publish-notice {seed} (the given notice under a number made from the seed), sent {msgId}, reset.
 */
public final class Control {
    private final Key own;
    private final Map<String, Object> notice;
    private final Map<String, Map<String, Object>> sent = new ConcurrentHashMap<>();
    private volatile String hub = "";

    public Control(Key own, Map<String, Object> notice) {
        this.own = own;
        this.notice = notice;
    }

    Receiver.Said run(Receiver receiver, HttpExchange exchange, byte[] body) {
        if (!receiver.signed(exchange, body)) {
            return Receiver.refused(401, "auth.signature", "/headers/X-Hutong-Sign", "控制端点只听枢纽的");
        }
        Map<String, Object> told = new LinkedHashMap<>();
        if (exchange.getRequestMethod().equals("GET")) {
            told.put("system", own.owner);
            told.put("commands", Arrays.<Object>asList("connect", "publish-notice", "sent", "reset"));
            return new Receiver.Said(200, told);
        }
        try {
            Map<String, Object> asked = Json.object(Json.parse(body));
            Object given = asked.get("arguments");
            return command(receiver, String.valueOf(asked.get("command")),
                    given == null ? new LinkedHashMap<String, Object>() : Json.object(given));
        } catch (Json.Malformed error) {
            return Receiver.refused(400, "control.malformed", "", error.getMessage());
        }
    }

    private Receiver.Said command(Receiver receiver, String command, Map<String, Object> given) {
        Map<String, Object> told = new LinkedHashMap<>();
        if (command.equals("connect") && given.get("hub") instanceof String) {
            hub = (String) given.get("hub");
            told.put("hub", hub);
        } else if (command.equals("publish-notice") && given.get("seed") instanceof Long) {
            told = publish((Long) given.get("seed"));
        } else if (command.equals("sent") && given.get("msgId") instanceof String) {
            told.put("known", sent.containsKey((String) given.get("msgId")));
            told.putAll(sent.getOrDefault((String) given.get("msgId"), new LinkedHashMap<String, Object>()));
        } else if (command.equals("reset")) {
            sent.clear();
            receiver.forget();
        } else {
            return Receiver.refused(command.matches("connect|publish-notice|sent") ? 422 : 404,
                    "control.argument", "/arguments", "见 GET /uis/v1/control");
        }
        return new Receiver.Said(200, told);
    }

    /** Sends in the background until there is a receipt; "sent" tells how far it is. */
    private Map<String, Object> publish(long seed) {
        String number = own.owner + "-J" + System.currentTimeMillis() + "-" + seed;
        Map<String, Object> message = new LinkedHashMap<>(notice);
        Map<String, Object> head = new LinkedHashMap<>(Json.object(notice.get("head")));
        Map<String, Object> body = new LinkedHashMap<>(Json.object(notice.get("body")));
        head.put("msgId", number);
        message.put("head", head);
        message.put("body", body);
        Map<String, Object> state = new ConcurrentHashMap<>();
        state.put("done", false);
        sent.put(number, state);
        Thread sender = new Thread(() -> {
            try {
                Receipt receipt = new HubClient(hub, own).send(message);
                state.put("status", (long) receipt.status);
                state.put("answer", receipt.document);
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
            } finally {
                state.put("done", true);
            }
        });
        sender.setDaemon(true);
        sender.start();
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("msgId", number);
        told.put("key", body.get("key"));
        return told;
    }
}
