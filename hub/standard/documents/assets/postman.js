// Runs before every request of the collection: a body with head and body is signed as a message, anything
// else by headers. The collection variables system, keyId and secret (base64) are yours.
(function () {
  var fill = function (text) { return pm.variables.replaceIn(text); };
  var keyId = pm.variables.get("keyId"), secret = pm.variables.get("secret");
  var raw = pm.request.body && pm.request.body.raw ? fill(pm.request.body.raw) : "";
  var envelope = null;
  try { envelope = raw ? JSON.parse(raw) : null; } catch (error) { envelope = null; }
  if (envelope && envelope.head && envelope.body) {
    envelope.head.from = pm.variables.get("system");
    envelope.head.realm = pm.variables.get("realm");
    // A new number per press of the button; keep one by setting the variable msgId.
    envelope.head.msgId = pm.variables.get("msgId") || "pm-" + Date.now();
    var signed = hutong.sign(envelope, keyId, secret, new Date(), Math.random);
    pm.request.body.update({ mode: "raw", raw: JSON.stringify(signed), options: { raw: { language: "json" } } });
    return;
  }
  var url = fill(pm.request.url.toString());
  var target = url.replace(/^[a-z]+:\/\/[^/]+/, "") || "/";
  var made = hutong.headers(pm.request.method, target, keyId, secret, raw, new Date(), Math.random);
  Object.keys(made).forEach(function (name) { pm.request.headers.upsert({ key: name, value: made[name] }); });
})();
