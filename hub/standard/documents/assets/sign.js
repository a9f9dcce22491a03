// Signing of Hutong messages: SM3 (GB/T 32905), HMAC (RFC 2104), canonical JSON (RFC 8785 on I-JSON without floats).
// Plain ECMAScript without dependencies: runs in Postman, Apifox, Node and browsers.
var hutong = (function () {
  function utf8(text) {
    var out = [];
    for (var i = 0; i < text.length; i++) {
      var c = text.codePointAt(i);
      if (c > 0xffff) i++;
      if (c < 0x80) out.push(c);
      else if (c < 0x800) out.push(0xc0 | (c >> 6), 0x80 | (c & 63));
      else if (c < 0x10000) out.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
      else out.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    }
    return out;
  }
  function left(x, n) { n &= 31; return n ? ((x << n) | (x >>> (32 - n))) >>> 0 : x >>> 0; }
  function p0(x) { return (x ^ left(x, 9) ^ left(x, 17)) >>> 0; }
  function p1(x) { return (x ^ left(x, 15) ^ left(x, 23)) >>> 0; }
  function sm3(bytes) {
    var v = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e];
    var m = bytes.concat([0x80]);
    while (m.length % 64 !== 56) m.push(0);
    var high = Math.floor(bytes.length / 0x20000000), low = (bytes.length * 8) >>> 0;
    for (var s = 24; s >= 0; s -= 8) m.push((high >>> s) & 255);
    for (s = 24; s >= 0; s -= 8) m.push((low >>> s) & 255);
    for (var at = 0; at < m.length; at += 64) {
      var w = [], j;
      for (j = 0; j < 16; j++) {
        var k = at + 4 * j;
        w.push(((m[k] << 24) | (m[k + 1] << 16) | (m[k + 2] << 8) | m[k + 3]) >>> 0);
      }
      for (j = 16; j < 68; j++) {
        w.push((p1((w[j - 16] ^ w[j - 9] ^ left(w[j - 3], 15)) >>> 0) ^ left(w[j - 13], 7) ^ w[j - 6]) >>> 0);
      }
      var a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
      for (j = 0; j < 64; j++) {
        var t = j < 16 ? 0x79cc4519 : 0x7a879d8a;
        var ss1 = left((left(a, 12) + e + left(t, j)) >>> 0, 7), ss2 = (ss1 ^ left(a, 12)) >>> 0;
        var ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
        var gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
        var tt1 = ((ff >>> 0) + d + ss2 + ((w[j] ^ w[j + 4]) >>> 0)) >>> 0;
        var tt2 = ((gg >>> 0) + h + ss1 + w[j]) >>> 0;
        d = c; c = left(b, 9); b = a; a = tt1; h = g; g = left(f, 19); f = e; e = p0(tt2);
      }
      [a, b, c, d, e, f, g, h].forEach(function (x, i) { v[i] = (v[i] ^ x) >>> 0; });
    }
    var out = [];
    v.forEach(function (x) { for (var s = 24; s >= 0; s -= 8) out.push((x >>> s) & 255); });
    return out;
  }
  function hmac(key, bytes) {
    var k = key.length > 64 ? sm3(key) : key.slice();
    while (k.length < 64) k.push(0);
    var inner = sm3(k.map(function (b) { return b ^ 0x36; }).concat(bytes));
    return sm3(k.map(function (b) { return b ^ 0x5c; }).concat(inner));
  }
  var LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  function base64(bytes) {
    var out = "";
    for (var i = 0; i < bytes.length; i += 3) {
      var n = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
      out += LETTERS[n >> 18] + LETTERS[(n >> 12) & 63];
      out += i + 1 < bytes.length ? LETTERS[(n >> 6) & 63] : "=";
      out += i + 2 < bytes.length ? LETTERS[n & 63] : "=";
    }
    return out;
  }
  function unbase64(text) {
    var out = [], bits = 0, n = 0;
    for (var i = 0; i < text.length; i++) {
      var value = LETTERS.indexOf(text[i]);
      if (value < 0) continue;
      n = ((n << 6) | value) & 0xffffff;
      bits += 6;
      if (bits >= 8) { bits -= 8; out.push((n >> bits) & 255); }
    }
    return out;
  }
  function hex(bytes) { return bytes.map(function (b) { return (b < 16 ? "0" : "") + b.toString(16); }).join(""); }
  function canonical(value) {
    if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
    if (value && typeof value === "object") {
      return "{" + Object.keys(value).sort().map(function (name) {
        return JSON.stringify(name) + ":" + canonical(value[name]);
      }).join(",") + "}";
    }
    if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Error("write decimals as strings");
    return JSON.stringify(value);
  }
  function signing(envelope) {
    var head = Object.assign({}, envelope.head);
    if (head.sign) { head.sign = Object.assign({}, head.sign); delete head.sign.value; }
    return canonical(Object.assign({}, envelope, { head: head }));
  }
  function wall(now) { return new Date(now.getTime() + 8 * 3600000).toISOString().slice(0, 19) + "+08:00"; }
  function nonce(random) {
    var out = "";
    for (var i = 0; i < 24; i++) out += LETTERS[Math.floor(random() * 62)];
    return out;
  }
  // Returns a signed copy; time and nonce are new, so that every attempt may be sent again.
  function sign(envelope, keyId, secret, now, random) {
    var head = Object.assign({}, envelope.head, { time: wall(now), nonce: nonce(random) });
    head.sign = { alg: "hmac-sm3", keyId: keyId };
    var made = Object.assign({}, envelope, { head: head });
    head.sign.value = base64(hmac(unbase64(secret), utf8(signing(made))));
    return made;
  }
  // Headers of a request without envelope; `target` is path and query as sent, `body` the text sent or "".
  function headers(method, target, keyId, secret, body, now, random) {
    var time = wall(now), once = nonce(random), digest = body ? "sm3:" + hex(sm3(utf8(body))) : "";
    var text = [method.toUpperCase(), target, keyId, time, once, digest].join("\n");
    return {
      "X-Hutong-Key": keyId, "X-Hutong-Time": time, "X-Hutong-Nonce": once, "X-Hutong-Alg": "hmac-sm3",
      "X-Hutong-Sign": base64(hmac(unbase64(secret), utf8(text)))
    };
  }
  return { utf8: utf8, sm3: sm3, hmac: hmac, hex: hex, base64: base64, unbase64: unbase64, canonical: canonical,
           signing: signing, sign: sign, headers: headers };
})();
