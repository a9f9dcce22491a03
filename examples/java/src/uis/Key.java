package uis;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.signers.SM2Signer;

/**
 * 一把密钥:hmac-sm3、hmac-sha256(共享密钥)或 sm2-sm3(密钥对)。
 * One key: a shared secret for hmac-*, or a pair for sm2-sm3.
 *
 * The file is the one the hub gives out: {"keyId", "owner", "alg", "secret": Base64}, or with
 * "public" (the 65-byte point) and "private" (32 bytes) in Base64. "id" is the SM2 identity, usually 1234567812345678.
 */
public final class Key {
    private static final X9ECParameters CURVE = GMNamedCurves.getByName("sm2p256v1");
    private static final ECDomainParameters DOMAIN =
            new ECDomainParameters(CURVE.getCurve(), CURVE.getG(), CURVE.getN(), CURVE.getH());

    public final String keyId;
    public final String owner;
    public final String alg;
    private final byte[] secret;
    private final byte[] point;
    private final BigInteger number;
    private final byte[] identity;

    private Key(Map<String, Object> row) {
        keyId = (String) row.get("keyId");
        owner = (String) row.get("owner");
        alg = (String) row.get("alg");
        secret = bytes(row.get("secret"));
        number = row.containsKey("private") ? new BigInteger(1, bytes(row.get("private"))) : null;
        byte[] given = bytes(row.get("public"));
        point = given.length == 0 && number != null ? DOMAIN.getG().multiply(number).getEncoded(false) : given;
        Object id = row.get("id");
        identity = (id == null ? "1234567812345678" : (String) id).getBytes(StandardCharsets.UTF_8);
        if (!Arrays.asList("hmac-sm3", "hmac-sha256", "sm2-sm3").contains(alg)) {
            throw new IllegalArgumentException("this example does not sign with " + alg);
        }
    }

    public static Key read(Path file) throws IOException {
        return new Key(Json.object(Json.parse(Files.readAllBytes(file))));
    }

    /** The text for sign.value: standard Base64 of the keyed digest, or of the DER form of (r, s). */
    public String sign(byte[] data) {
        if (!alg.equals("sm2-sm3")) {
            return Base64.getEncoder().encodeToString(keyed(data));
        }
        SM2Signer signer = new SM2Signer(); // SM3; its default encoding is DER
        signer.init(true, new ParametersWithID(new ECPrivateKeyParameters(number, DOMAIN), identity));
        signer.update(data, 0, data.length);
        try {
            return Base64.getEncoder().encodeToString(signer.generateSignature());
        } catch (CryptoException error) {
            throw new IllegalStateException(error);
        }
    }

    public boolean verify(byte[] data, String value) {
        byte[] claimed;
        try {
            claimed = Base64.getDecoder().decode(value);
        } catch (IllegalArgumentException error) {
            return false;
        }
        if (!alg.equals("sm2-sm3")) {
            return MessageDigest.isEqual(keyed(data), claimed); // takes the same time wherever they differ
        }
        SM2Signer signer = new SM2Signer();
        signer.init(false, new ParametersWithID(
                new ECPublicKeyParameters(CURVE.getCurve().decodePoint(point), DOMAIN), identity));
        signer.update(data, 0, data.length);
        return signer.verifySignature(claimed);
    }

    /** True when both know one secret: then the hub's receipts carry a keyed digest too. */
    public boolean shared() {
        return secret.length > 0;
    }

    private byte[] keyed(byte[] data) {
        HMac mac = new HMac(alg.equals("hmac-sm3") ? new SM3Digest() : new SHA256Digest());
        mac.init(new KeyParameter(secret));
        mac.update(data, 0, data.length);
        byte[] out = new byte[mac.getMacSize()];
        mac.doFinal(out, 0);
        return out;
    }

    static byte[] sm3(byte[] data) {
        SM3Digest digest = new SM3Digest();
        digest.update(data, 0, data.length);
        byte[] out = new byte[digest.getDigestSize()];
        digest.doFinal(out, 0);
        return out;
    }

    static String hex(byte[] data) {
        StringBuilder out = new StringBuilder();
        for (byte one : data) {
            out.append(String.format("%02x", one));
        }
        return out.toString();
    }

    private static byte[] bytes(Object base64) {
        return base64 == null ? new byte[0] : Base64.getDecoder().decode((String) base64);
    }
}
