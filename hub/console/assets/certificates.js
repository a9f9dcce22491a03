// Sends what is dropped to be judged and shows the answer. Nothing is stored, here or there.
"use strict";
(function () {
  const held = { file: null, said: null };
  const byId = (id) => document.getElementById(id);
  const language = () => (document.documentElement.lang === "en" ? "en" : "zh");

  function note(kind, text) {
    const line = byId("note");
    line.classList.toggle("bad", kind === "bad");
    line.textContent = text;
  }

  function base64(file) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result).split(",", 2)[1] || "");
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(file);
    });
  }

  async function question() {
    const asked = { file: await base64(held.file), name: held.file.name.slice(0, 200), purpose: byId("purpose").value };
    const data = byId("data").files[0];
    if (data) { asked.data = await base64(data); }
    const at = byId("at").value;
    if (at) { asked.at = (at.length === 16 ? at + ":00" : at) + "+08:00"; }
    for (const name of ["sector", "medium"]) {
      if (byId(name).value) { asked[name] = byId(name).value; }
    }
    return JSON.stringify(asked);
  }

  let turn = 0;
  async function ask() {
    if (!held.file) { return; }
    const mine = ++turn;
    const words = byId("note").dataset;
    const data = byId("data").files[0];
    byId("result").replaceChildren(); // what is shown must never be another file's
    held.said = null;
    if (held.file.size + (data ? data.size : 0) > Number(words.most) * 1048576) {
      note("bad", words.large.replace("{}", words.most).replace("{name}", held.file.name));
      return;
    }
    byId("again").disabled = true;
    note("", words.busy);
    try {
      const body = await question();
      for (let tries = 0; mine === turn; tries += 1) {
        const reply = await fetch("/console/certificates", {
          method: "POST", body, headers: { "Content-Type": "application/json" }, cache: "no-store",
        });
        const said = await reply.json();
        if (mine !== turn) { return; }
        // Busy passes; a hub without a trust list does not.
        if ((reply.status === 429 || reply.status === 503) && said.code !== "ca.unready" && tries < 5) {
          note("", words.wait);
          await new Promise((go) => setTimeout(go, 1000 * (Number(reply.headers.get("Retry-After")) || 1)));
          continue;
        }
        if (reply.ok) { note("", ""); show(said); } else { refuse(said); }
        break;
      }
    } catch (error) {
      if (mine === turn) { note("bad", words.lost); }
    }
    byId("again").disabled = false;
  }

  function refuse(said) {
    const finding = (said.findings || [])[0];
    note("bad", said.detail + (finding ? ":" + finding.at + " " + finding.expected : ""));
  }

  // What comes was escaped by the template and the page's policy runs nothing inline.
  function show(said) {
    held.said = said;
    const made = new DOMParser().parseFromString(said.html[language()], "text/html");
    byId("result").replaceChildren(...made.body.childNodes);
    byId("result").focus({ preventScroll: false });
  }

  function save() {
    const text = JSON.stringify(held.said.report, null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = held.file.name.slice(0, 120) + (language() === "en" ? "-result.json" : "-核验结果.json");
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function chosen() {
    const file = byId("data").files[0], line = document.querySelector(".chosen");
    line.textContent = file ? file.name : line.dataset.none;
  }

  function take(file) {
    if (file) { held.file = file; ask(); }
  }

  // The other language without asking again: the page's words are fetched, the answer is here in both.
  async function turnTo(path) {
    const kept = {};
    for (const name of ["at", "purpose", "sector", "medium"]) { kept[name] = byId(name).value; }
    const data = byId("data");
    const open = byId("more").open;
    const other = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
    document.documentElement.lang = other.documentElement.lang;
    document.title = other.title;
    for (const part of ["header", "main"]) { document.querySelector(part).replaceWith(other.querySelector(part)); }
    history.replaceState(null, "", path);
    byId("data").replaceWith(data);
    chosen();
    byId("more").open = open;
    for (const [name, value] of Object.entries(kept)) { byId(name).value = value; }
    bind();
    byId("again").disabled = !held.file;
    if (held.said) { show(held.said); }
  }

  function bind() {
    const drop = byId("drop");
    byId("file").addEventListener("change", (event) => { take(event.target.files[0]); event.target.value = ""; });
    drop.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); byId("file").click(); }
    });
    byId("again").addEventListener("click", ask);
    byId("data").addEventListener("change", chosen);
    byId("ask").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
    byId("result").addEventListener("click", (event) => {
      const what = event.target.dataset.do;
      if (what === "save") { save(); } else if (what === "print") { window.print(); }
    });
    document.querySelector("header .lang").addEventListener("click", (event) => {
      if (held.said || held.file) { event.preventDefault(); turnTo(event.target.getAttribute("href")); }
    });
  }

  // Wherever on the page it is dropped, it is meant for here; it must not replace the page.
  addEventListener("dragover", (event) => { event.preventDefault(); byId("drop").classList.add("over"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) { byId("drop").classList.remove("over"); } });
  addEventListener("drop", (event) => {
    event.preventDefault();
    byId("drop").classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
  bind();
})();
