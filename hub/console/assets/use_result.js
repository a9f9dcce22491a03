// What came out, in words: the same for a token and for a telephone, as the result object is the same.
"use strict";
(function (place) {
  const english = document.documentElement.lang === "en";
  const t = (zh, en) => (english ? en : zh);
  const MARKS = { passed: "✓", failed: "✗", open: "?", skipped: "–", done: "✓", busy: "…" };
  const MEDIA = { token: t("有介质", "token"), tokenless: t("无介质", "tokenless") };

  // The hub words its refusals in Chinese first; these are the same in English.
  const ENGLISH = {
    "challenge.unknown": "no such challenge, or not yours: begin again",
    "challenge.expired": "the challenge has expired: begin again",
    "challenge.used": "the challenge was used: each counts once",
    "ticket.unknown": "no such ticket, or not yours: begin again",
    "ticket.expired": "the ticket has expired: show a new code and have it confirmed in time",
    "ticket.used": "the ticket was used: each counts once",
    "ticket.other-session": "the ticket belongs to another session: use it on the page that showed the code",
    "ticket.digest": "the content was changed after the code was shown: begin again and have it confirmed anew",
    "ticket.state": "not in this state of the ticket: look at its state first",
    "ticket.refused": "the holder refused it on the telephone",
    "login.refused": "not recognised: see the reasons below",
    "login.nobody": "the certificate does not say whose it is: use one that does",
    "login.indeterminate": "cannot be decided now: see the reasons below, try again later",
    "licence.revoked": "the business licence is revoked or cancelled: the holder turns to the registry",
    "provider.away": "the provider does not answer: try later, or another way",
    "session.unknown": "no such session, or it has ended: log in again",
    "hub.rate": "too many requests: wait a moment",
    "ca.unready": "no usable trust list at the hub yet: try again in a moment",
    away: "no contact with the hub",
  };

  // Whatever a certificate says is put in as text; resident numbers (by date and check digit) are never shown whole.
  const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const resident = (text) => /^\d{6}(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]$/.test(text)
    && "10X98765432"[WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(text[at]), 0) % 11] === text[17].toUpperCase();
  const plain = (text) => String(text).replace(/(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])/g,
    (one) => (resident(one) ? `${one.slice(0, 6)}********${one.slice(14)}` : one));

  // The hub's tables of words (`wording.js`): evidence comes in the judges' English.
  const words = place.hutongWords;
  const phrases = words.phrases.map(([pattern, zh]) => [new RegExp(`^(?:${pattern})$`), zh]);
  const OID = /(?<![\w.=])[0-2](?:\.\d+){3,}(?![\w.])/g;
  const WORD = new RegExp(`(?<![\\w.-])(?:${Object.keys(words.words).join("|")})(?![\\w.-])`, "g");
  function evidence(text) {
    const both = /^(.*[\u4e00-\u9fff][^/]*) \/ ([\x20-\x7e]+)$/.exec(text); // said in both languages
    text = (both ? both[english ? 2 : 1] : text)
      .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)/g, (one) => beijing(one.replace(" ", "T")).slice(0, 19));
    if (MEDIA[text]) { return MEDIA[text]; }
    const found = english ? null : phrases.find(([pattern]) => pattern.test(text));
    const said = (found ? text.replace(found[0], found[1].replace(/\\(\d)/g, "$$$1")) : text)
      .replace(OID, (oid) => (words.oids[oid] ? `${t(...words.oids[oid])}(${oid})` : oid));
    if (english) { return Object.entries(words.quirks).reduce((one, [zh, en]) => one.replaceAll(zh, en), said); }
    return said.replace(WORD, (one) => words.words[one]);
  }

  // What a step is about: a certificate by its holder and the end of its number, a word of the judges in ours.
  const ABOUT = {
    signing: t("签名", "signing"), signer: t("签名者", "signer"), stamping: t("签发时间戳", "time stamping"),
    enciphering: t("加密", "enciphering"), content: t("原文", "content"), message: t("数据", "message"),
  };
  function about(text) {
    const name = /(?:^|,)O=([^,]+)/.exec(text) || /(?:^|,)CN=([^,]+)/.exec(text);
    if (!/^[A-Z][A-Z]?=|^\d+(\.\d+)+=/.test(text) || !name) { return ABOUT[text] || text; }
    const number = / #([0-9a-f]+)$/.exec(text);
    return name[1] + (number ? ` #…${number[1].slice(-8)}` : "");
  }

  const CLAUSES = { "trust list": t("信任列表", "trust list"), "003 item 10": t("003 号材料第 10 项", "003 item 10") };
  const clause = (text) => text.split(", ").map((one) => CLAUSES[one] || one).join(", ");
  // Which certificate it is, stands below; a headline says what is the matter.
  const headline = (text) => text.replace(/ \[.*$/s, "");
  const beijing = (text) => {
    const moment = new Date(text);
    return Number.isNaN(moment.getTime()) ? text : moment.toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" }) + " +08:00";
  };

  function made(name, text, cls) {
    const element = document.createElement(name);
    if (text !== undefined && text !== null) { element.textContent = plain(text); }
    if (cls) { element.className = cls; }
    return element;
  }

  function check(one) {
    const item = made("li"), row = made("div", null, `o-${one.outcome}`), body = made("div");
    const title = made("p", t(one.zh, one.en));
    title.append(" ", made("span", one.clause ? clause(one.clause) : t("本平台规则", "a rule of this hub"), "clause"));
    body.append(title);
    if (one.at) { body.append(made("p", `${t("对象", "about")} ${about(one.at)}`, "soft")); }
    if (one.evidence) { body.append(made("p", `${t("所见", "observed")} ${evidence(one.evidence)}`, "soft")); }
    for (const why of one.reasons || []) { body.append(made("p", t(why.zh, why.en), "why")); }
    row.append(made("span", MARKS[one.outcome] || "·", "m"), body);
    item.append(row);
    if (one.checks) { item.append(checks(one.checks)); }
    return item;
  }

  function checks(rows) {
    const list = made("ol", null, "checks");
    list.append(...rows.map(check));
    return list;
  }

  function facts(said) {
    const bound = said.subject && said.subject.bound;
    const rows = [
      [t("主体", "who"), bound ? bound.code : said.facts.signer],
      [t("证书", "certificate"), said.certificate && said.certificate.subject],
      ["CA", said.ca && `${said.ca.id} ${t(said.ca.zh, said.ca.en)}`],
      [t("介质", "medium"), MEDIA[said.medium] || said.medium],
      [t("时刻", "at"), said.time && beijing(said.time.at)],
      [t("信任列表", "trust list"), said.list && `${said.list.region} #${said.list.sequence}`],
    ];
    const list = made("dl");
    for (const [name, value] of rows) { if (value) { list.append(made("dt", name), made("dd", value)); } }
    return list;
  }

  /** The whole result object. */
  function result(said) {
    const box = made("div", null, `verdict ${said.result}`);
    const mark = { valid: "✓", invalid: "✗" }[said.result] || "?";
    box.append(made("strong", `${mark} ${headline(t(said.zh, said.en))}`), made("p", `SOF ${said.sofCode}(${t(...(words.sof[said.sofCode] || ["", ""]))})`, "soft"));
    const advice = t(said.advice.zh, said.advice.en);
    if (advice.length) {
      const list = made("ul");
      list.append(...advice.map((one) => made("li", one)));
      box.append(list);
    }
    const shown = document.createDocumentFragment();
    shown.append(box, facts(said), made("h3", t("逐项判定", "Every check")), checks(said.checks));
    return shown;
  }

  /** A refusal of the hub, of the component, or of the telephone: what happened, and what to do. */
  function refusal(said) {
    const box = made("div", null, "verdict invalid");
    box.append(made("strong", `✗ ${headline(t(said.zh, said.en))}`), made("p", said.code, "soft"));
    if (said.advice) { box.append(made("p", t(said.advice.zh, said.advice.en))); }
    return box;
  }

  /** A problem document of the hub in the words of `refusal`. */
  function problem(body) {
    const finding = (body.findings || [])[0] || {};
    const known = ENGLISH[body.code] || (finding.observed ? `not possible: ${finding.observed}` : body.detail || body.title || body.code);
    return {
      code: body.code, zh: body.detail || body.title || body.code, en: known,
      advice: english || !finding.advice ? null : { zh: finding.advice, en: "" },
    };
  }

  place.useResult = { t, made, about, result, refusal, problem, MARKS, ENGLISH };
})(globalThis);
