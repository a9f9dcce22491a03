package uis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Map;

/**
 * 命令行:java -cp … uis.Main send HUB KEY MESSAGE,等等。
 * send HUB KEY MESSAGE | post HUB KEY MESSAGE | sign KEY MESSAGE | verify KEY MESSAGE | canonical |
 * receive PORT HUBKEY SELF [OWNKEY NOTICE]
 */
public final class Main {
    private Main() {
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        String verb = args.length == 0 ? "" : args[0];
        if (verb.equals("send") && args.length == 4) {
            Receipt receipt = new HubClient(args[1], key(args[2])).send(message(args[3]));
            out.println(receipt.told());
            System.exit(receipt.accepted() && receipt.genuine() ? 0 : 1);
        } else if (verb.equals("post") && args.length == 4) { // the file as it is, already signed
            Receipt receipt = new HubClient(args[1], key(args[2])).post(Files.readAllBytes(Paths.get(args[3])));
            out.println(receipt.told());
            System.exit(receipt.accepted() ? 0 : 1);
        } else if (verb.equals("sign") && args.length == 3) {
            out.write(Json.canonical(Envelope.sign(message(args[2]), key(args[1]))));
            out.println();
        } else if (verb.equals("verify") && args.length == 3) {
            boolean good = Envelope.verify(message(args[2]), key(args[1]));
            out.println(good ? "签名成立 / the signature holds" : "签名不成立 / the signature does not hold");
            System.exit(good ? 0 : 1);
        } else if (verb.equals("canonical")) { // one JSON text a line, what a signature of it covers comes out
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.write(Envelope.signingBytes(Json.object(Json.parse(line))));
                out.write('\n');
            }
            out.flush();
        } else if (verb.equals("receive") && (args.length == 4 || args.length == 6)) {
            Control control = args.length == 6 ? new Control(key(args[4]), message(args[5])) : null;
            int port = new Receiver(Integer.parseInt(args[1]), key(args[2]), args[3], control).start();
            out.println("{\"ready\":true,\"url\":\"http://127.0.0.1:" + port + "\"}");
        } else {
            out.println("send HUB KEY MESSAGE | post HUB KEY MESSAGE | sign KEY MESSAGE | verify KEY MESSAGE"
                    + " | canonical | receive PORT HUBKEY SELF [OWNKEY NOTICE]");
            System.exit(2);
        }
    }

    private static Key key(String file) throws IOException {
        return Key.read(Paths.get(file));
    }

    private static Map<String, Object> message(String file) throws IOException {
        return Json.object(Json.parse(Files.readAllBytes(Paths.get(file))));
    }
}
