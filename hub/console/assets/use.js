// The page: what somebody does by token or telephone, step by step, and what came of it.
"use strict";
(function () {
  const { t, made, about, result, refusal, problem, MARKS } = globalThis.useResult;
  const byId = (id) => document.getElementById(id);
  const text = (value) => new TextEncoder().encode(value);
  const hex = (octets) => "sm3:" + Array.from(octets, (one) => one.toString(16).padStart(2, "0")).join("");
  const WRONG_PIN = 0x0A000024;
  const REMEMBERED = "hutong-component-port";
  let sof = null, session = "", turn = 0, waiting = 0;

  class Refused extends Error {
    constructor(said, found) { super(said.code); this.said = said; this.found = found; }
  }

  // ---- the hub ---------------------------------------------------------------------------------

  async function hub(method, path, body) {
    let reply, said;
    try {
      reply = await fetch(`/console/auth/${path}`, {
        method, cache: "no-store",
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      said = await reply.json();
    } catch (error) {
      throw new Refused({ code: "away", zh: "与平台失去联系,请稍后再试", en: "no contact with the hub" });
    }
    if (!reply.ok) { throw new Refused(problem(said), said.result); }
    return said;
  }

  /** For whoever hears the page: one short sentence at a time. */
  const aloud = (sentence) => { byId("said").textContent = sentence; };

  // ---- steps -----------------------------------------------------------------------------------

  async function step(name, work) {
    const item = made("li", null, "o-busy"), mark = made("span", MARKS.busy, "m");
    item.append(mark, made("span", name));
    byId("steps").append(item);
    aloud(name);
    const settle = (cls) => { item.className = `o-${cls}`; mark.textContent = MARKS[cls]; };
    try {
      const found = await work();
      settle("done");
      return found;
    } catch (error) {
      settle("failed");
      throw error;
    }
  }

  function buttons(off) {
    for (const one of document.querySelectorAll(".deed button, #again, #connect, #leave")) { one.disabled = off; }
  }

  /** One deed at a time: `work` gives the result object, or fails with words. */
  async function deed(work) {
    turn += 1;
    byId("idle").hidden = byId("qr").hidden = true;
    byId("steps").replaceChildren();
    byId("result").replaceChildren();
    const from = document.activeElement; // a button that is off loses the focus, and the keyboard its place
    buttons(true);
    try {
      byId("result").append(result(await work(turn)));
    } catch (error) {
      byId("result").append(refusal(words(error)));
      if (error.found) { byId("result").append(result(error.found)); }
    } finally {
      buttons(false);
      byId("give-up").hidden = byId("copy").hidden = true;
      if (from && document.activeElement === document.body) { from.focus({ preventScroll: true }); }
      aloud(byId("result").querySelector("strong").textContent);
      byId("shown").dataset.done = String(turn);
      if (matchMedia("(max-width: 800px)").matches) { byId("shown").scrollIntoView({ behavior: "smooth" }); }
    }
  }

  const LAST = { zh: "只剩最后一次:再错即锁定,须到发证机构解锁。不能确定口令时不要再试", en: "One try is left: another wrong PIN locks the token, and only its issuer unlocks it. Do not try unless you are sure" };

  function words(error) {
    if (error instanceof Refused) { return error.said; }
    if (error instanceof SOF.SofError && error.last) { return { code: error.hex, zh: error.zh, en: error.en, advice: LAST }; }
    if (error instanceof SOF.SofError) { return { code: error.hex, zh: error.zh, en: error.en, advice: error.advice }; }
    return { code: error.name, zh: `页面出错:${error.message}`, en: `the page failed: ${error.message}` };
  }

  const stop = (code, zh, en) => { throw new Refused({ code, zh, en }); };

  // ---- by token --------------------------------------------------------------------------------

  const user = () => byId("user").value || stop("no-certificate", "请先连接本机组件并选择证书", "connect the component and choose a certificate");

  async function connect() {
    const port = byId("port").value;
    localStorage.setItem(REMEMBERED, port);
    sof = SOF.over(SOF.http(`http://127.0.0.1:${Number(port)}`));
    const line = byId("link");
    const users = SOF.listed(await sof.SOF_GetUserList());
    line.textContent = users.length ? line.dataset.found.replace("{}", users.length) : line.dataset.none;
    byId("user").replaceChildren(...users.map(({ name, id }) => new Option(name, id)));
    await seals();
  }

  async function seals() {
    if (!sof || !byId("user").value) { return; }
    const found = SOF.listed(await sof.SES_GetSealList(byId("user").value));
    const none = new Option(t("(这个介质里没有印章)", "(no seal in this token)"), "");
    byId("seal").replaceChildren(...(found.length ? found.map(({ name, id }) => new Option(name, id)) : [none]));
  }

  async function opened() {
    const ident = user();
    try {
      await step(t("口令登录介质", "PIN to the token"), () => sof.SOF_Login(ident, byId("pin").value));
    } catch (error) {
      byId("pin").select();
      if (error.code === WRONG_PIN) { error.last = (await sof.SOF_GetPinRetryCount(ident)) === 1; }
      throw error;
    }
    return ident;
  }

  async function tokenLogin() {
    const ident = await opened();
    const asked = await step(t("取得挑战", "a challenge from the hub"), () => hub("POST", "challenges", { action: "login" }));
    const signature = await step(t("介质对挑战签名", "the token signs it"), () => sof.SOF_SignData(ident, SOF.octets(asked.challenge)));
    const certificate = await sof.SOF_ExportUserCert(ident);
    const proof = { challengeId: asked.challengeId, signature, certificate, form: "raw", medium: "token" };
    const told = await step(t("平台核验并登录", "the hub judges it"), () => hub("POST", "logins", proof));
    entered(told);
    return told.result;
  }

  async function tokenSign() {
    const ident = await opened();
    const signature = await step(t("介质签名(签名消息,带原文)", "the token signs (signed message, text inside)"),
      () => sof.SOF_SignMessage(0, ident, text(byId("text").value)));
    return judged({ kind: "attached", signature, medium: "token" }, "signed.p7m");
  }

  async function tokenSeal() {
    const ident = await opened();
    const seal = byId("seal").value || stop("no-seal", "这个介质里没有印章", "no seal in this token");
    const made = (digest) => step(t("介质盖章(GB/T 38540)", "the token seals (GB/T 38540)"), () => sof.SES_Sign(ident, seal, digest, "/"));
    if (inside()) {
      const paper = await prepared(await sof.SOF_ExportUserCert(ident), await sof.SES_GetSeal(ident, seal));
      return together(paper, await made(unhex(paper.digest)), "token");
    }
    const digest = await step(t("在本页算出文件摘要(SM3)", "digest of the file, here (SM3)"), fileDigest);
    return judged({ kind: "seal", signature: await made(digest), digest: hex(digest), medium: "token" }, "sealed.ses");
  }

  async function judged(question, name) {
    await cookie();
    const said = await step(t("平台核验", "the hub judges it"), () => hub("POST", "verify", question));
    kept(question.signature, name, t("保存签名,可拖到核验页", "save it, to be checked elsewhere"));
    return said;
  }

  const cookie = () => hub("POST", "challenges", { action: "login" }); // a page without a cookie gets one

  function kept(base64, name, words) {
    const link = made("a", words);
    link.href = URL.createObjectURL(new Blob([SOF.octets(base64)]));
    link.download = name;
    byId("steps").lastElementChild.append(link);
  }

  // ---- inside the file -------------------------------------------------------------------------

  const inside = () => document.querySelector("input[name=how]:checked").value === "inside";
  const file = () => byId("file").files[0] || stop("no-file", "请先选择文件", "choose a file first");
  const unhex = (text) => Uint8Array.from(text.replace(/^sm3:/, "").match(/../g), (one) => parseInt(one, 16));

  /** The file with a place for the value, and the digest to be sealed. */
  async function prepared(certificate, seal) {
    const body = { file: SOF.base64(new Uint8Array(await file().arrayBuffer())) };
    if (certificate) { body.certificate = certificate; }
    if (seal) { body.seal = seal; } // its picture is what is seen in a PDF
    const where = [["page", 1], ["left", 150], ["top", 230]].map(([name, usual]) => [byId(`place-${name}`).value, usual]);
    if (where.some(([given]) => given)) { body.place = where.map(([given, usual]) => Math.round(Number(given || usual))).join(" "); }
    await cookie();
    return step(t("平台备好文件:列出各部件摘要,留出章位", "the hub prepares the file: digests of its parts, room for the seal"),
      () => hub("POST", "documents", body));
  }

  /** The same with the value, judged; saved under the file's own name. */
  async function together(paper, signature, medium) {
    const body = { prepared: paper.prepared, signature, medium };
    const said = await step(t("签章值装入文件,平台核验整个文件", "the value goes into the file, the hub judges it whole"),
      () => hub("POST", "documents/seal", body));
    if (said.file) {
      const name = file().name.replace(/(\.[^.]*)?$/, (end) => `-已签章${end}`);
      kept(said.file, name, t("保存签章文件,可拖到核验页", "save the sealed file, to be checked elsewhere"));
    }
    return said.result;
  }

  // ---- by telephone ----------------------------------------------------------------------------

  const textDigest = async () => sm3.of(text(byId("text").value));
  const fileDigest = async () => sm3.file(file());

  const STATES = {
    created: t("等待扫码", "waiting to be scanned"), scanned: t("已扫码,等待在手机上确认", "scanned, waiting to be confirmed"),
    confirmed: t("已确认", "confirmed"), refused: t("已在手机上拒绝", "refused on the telephone"),
    expired: t("二维码已过期", "the code has expired"), used: t("已使用", "used"),
  };
  const TODO = {
    created: t("请持证人用手机 App 扫码(沙箱:管理口 /pages/C04 或 /pages/N05 上按“扫码”),再在手机上确认", "Have it scanned with the telephone's app (sandbox: press Scan at the management port, /pages/C04 or /pages/N05), then confirmed there"),
    scanned: t("请在手机上核对后按“确认”;不是本人发起的请按“拒绝”", "Look at it on the telephone and press Confirm; if it was not you, press Refuse"),
    seal: t("请持证人扫码,并在手机上确认用印。签章这一类没有“已扫码”状态:扫了码本页不变,确认之后才有结果", "Have it scanned and confirmed on the telephone. For sealing there is no “scanned”: this page changes only once it is confirmed"),
  };
  const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

  function picture(ticket) {
    byId("picture").src = "data:image/svg+xml;utf8," + encodeURIComponent(ticket.qrSvg);
    byId("qr").hidden = byId("give-up").hidden = false;
    byId("qr").scrollIntoView({ block: "nearest" });
    byId("ticket").value = ticket.ticket;
    code = ticket.qrContent;
    byId("copy").hidden = !navigator.clipboard;
    state(ticket);
  }

  /** Whoever has this page on the very telephone cannot scan it. */
  async function copied() {
    try {
      await navigator.clipboard.writeText(code);
      aloud(t("代码已复制,到手机 App 的扫码处粘贴", "copied: paste it in the telephone's app"));
      byId("code-todo").textContent = byId("said").textContent;
    } catch (error) {
      byId("code-todo").textContent = code;
    }
  }

  let sealing = false, ends = 0, code = "";

  function state(ticket) {
    const open = ["created", "scanned"].includes(ticket.state);
    if (!open || ticket.state === "scanned") { byId("copy").hidden = true; }
    const waits = ticket.state === "created" && sealing ? t("等待扫码并确认", "waiting to be scanned and confirmed") : STATES[ticket.state] || ticket.state;
    const line = `${waits} · ${t("有效至", "until")} ${ticket.expireTime.slice(11, 19)}`;
    if (byId("code-state").textContent !== line) {
      byId("code-state").textContent = line;
      byId("code-todo").textContent = open ? TODO[sealing ? "seal" : ticket.state] : "";
      aloud(line);
    }
    byId("qr").classList.toggle("over", !open);
    ends = open ? Date.parse(ticket.expireTime) : 0;
    left();
  }

  /** Seconds for the eye alone: read aloud they would drown everything else. */
  function left() {
    const seconds = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    byId("code-left").textContent = ends ? t(`还剩 ${seconds} 秒`, `${seconds} s left`) : "";
  }
  setInterval(left, 1000);

  async function confirmed(ticket) {
    let now = ticket;
    waiting = turn;
    while (["created", "scanned"].includes(now.state)) {
      await pause(ticket.pollSeconds);
      if (!waiting) { stop("given-up", "已停止等待;二维码到时自行失效", "no longer waiting; the code runs out by itself"); }
      try {
        now = await hub("GET", `tickets/${encodeURIComponent(ticket.ticket)}`);
      } catch (error) {
        if (!(error instanceof Refused) || !["hub.rate", "away"].includes(error.said.code) || Date.parse(now.expireTime) < Date.now()) { throw error; }
      }
      state(now);
    }
    byId("give-up").hidden = true;
    if (now.state === "refused") { stop("ticket.refused", "持证人已在手机上拒绝,需要时重新发起", "the holder refused it on the telephone; begin again if need be"); }
    if (now.state === "expired") { stop("ticket.expired", "二维码已过期,请重新发起并及时确认", "the code has expired: begin again and confirm in time"); }
  }

  async function phoneSeal() {
    if (!inside()) { return byPhone("seal", fileDigest); }
    const paper = await prepared();
    return byPhone("seal", async () => unhex(paper.digest), (seal) => together(paper, seal, "tokenless"));
  }

  /** `then` is what is done with a seal, if more than judging it. */
  async function byPhone(action, digest, then) {
    const here = () => (then ? digest() : step(t("在本页算出摘要(SM3)", "the digest, here (SM3)"), digest));
    const bound = digest ? { digest: hex(await here()) } : {};
    const asked = { action, provider: byId("provider").value, ...bound };
    if (byId("seconds").value) { asked.seconds = Number(byId("seconds").value); }
    sealing = action === "seal";
    const ticket = await step(t("取得二维码", "a code from the hub"), () => hub("POST", "tickets", asked));
    picture(ticket);
    await step(t("手机扫码并确认", "scanned and confirmed on the telephone"), () => confirmed(ticket));
    const again = digest ? { digest: hex(await digest()) } : {}; // of what stands there now
    const told = await step(t("使用票据,平台核验", "the ticket is used, the hub judges"),
      () => hub("POST", `tickets/${encodeURIComponent(ticket.ticket)}/use`, again));
    state({ ...ticket, state: "used" });
    if (action === "login") { entered(told); }
    if (told.seal && then) { return then(told.seal); }
    if (told.seal) { kept(told.seal, "sealed.ses", t("保存签章值,可拖到核验页", "save the seal, to be checked elsewhere")); }
    return told.result;
  }

  // ---- who is in -------------------------------------------------------------------------------

  function entered(told) {
    session = told.session ? told.session.token : "";
    const certificate = told.result.certificate, bound = told.result.subject && told.result.subject.bound;
    const name = about((certificate && certificate.subject) || ""), code = (bound && bound.code) || "";
    byId("who").textContent = t("已登录:", "logged in: ") + (name.includes(code) ? name : `${name} ${code}`);
    byId("who").hidden = byId("leave").hidden = !session;
  }

  async function leave() {
    await hub("POST", "sessions/end", { token: session });
    session = "";
    byId("who").hidden = byId("leave").hidden = true;
  }

  // ---- buttons ---------------------------------------------------------------------------------

  const tokens = () => document.querySelector("input[name=by]:checked").value === "token";
  const way = () => {
    byId("by-token").hidden = byId("seal-row").hidden = !tokens();
    byId("by-phone").hidden = tokens();
    byId("place").hidden = !inside();
  };
  const chosen = () => { byId("chosen").textContent = byId("file").files.length ? file().name : byId("chosen").dataset.none; };
  const quiet = (work) => async () => {
    byId("result").replaceChildren();
    if (!byId("login").disabled) { // nothing is under way: what the deed before left would look like this one's
      byId("steps").replaceChildren();
      byId("qr").hidden = true;
    }
    try { await work(); } catch (error) {
      const said = words(error);
      byId("idle").hidden = true;
      byId("result").append(refusal(said));
      aloud(t(said.zh, said.en));
      if (sof && !byId("user").value) { byId("link").textContent = t(said.zh, said.en); }
    }
  };

  byId("by-token").addEventListener("submit", (event) => event.preventDefault());
  for (const [field, button] of [["port", "connect"], ["pin", "login"]]) {
    byId(field).addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); byId(button).click(); } });
  }
  byId("file").addEventListener("change", chosen);
  for (const one of document.querySelectorAll("input[name=how]")) { one.addEventListener("change", way); }
  byId("connect").addEventListener("click", quiet(connect));
  byId("user").addEventListener("change", quiet(seals));
  byId("leave").addEventListener("click", quiet(leave));
  byId("give-up").addEventListener("click", () => { waiting = 0; byId("give-up").hidden = true; });
  byId("copy").addEventListener("click", copied);
  byId("login").addEventListener("click", () => deed(() => (tokens() ? tokenLogin() : byPhone("login"))));
  byId("sign").addEventListener("click", () => deed(() => (tokens() ? tokenSign() : byPhone("sign", textDigest))));
  byId("stamp").addEventListener("click", () => deed(() => (tokens() ? tokenSeal() : phoneSeal())));
  byId("again").addEventListener("click", () => deed(async () => {
    const ticket = byId("ticket").value.trim() || stop("no-ticket", "请填票据号", "which ticket?");
    const told = await step(t("使用票据", "the ticket is used"), () => hub("POST", `tickets/${encodeURIComponent(ticket)}/use`, {}));
    return told.result;
  }));
  for (const one of document.querySelectorAll("input[name=by]")) { one.addEventListener("change", way); }
  byId("port").value = localStorage.getItem(REMEMBERED) || byId("port").value;
  if (location.origin !== "http://127.0.0.1:8700") { byId("start").textContent += ` --origin ${location.origin}`; }
  chosen(); // a browser may keep the file over a reload
  way();
})();
