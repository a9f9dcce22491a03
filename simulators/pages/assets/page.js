"use strict";
// What the pages do by themselves: ask for news, put it on top, send what a button means to the JSON routes.
(() => {
  const { ident, lang, world } = document.body.dataset;
  const query = new URLSearchParams();
  if (lang === "en") query.set("lang", "en");
  if (world !== "main") query.set("world", world);
  const KEPT = 100;
  let last = 0;

  const say = (text, wrong) => {
    const place = document.getElementById("said");
    place.textContent = text;
    place.classList.toggle("wrong", Boolean(wrong));
    place.hidden = false;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { place.hidden = true; }, 6000);
  };

  const replaced = (place, html) => {
    if (place.dataset.held === html) return;
    const open = [...place.querySelectorAll("details[open][data-keep]")].map((one) => one.dataset.keep);
    place.dataset.held = html;
    place.innerHTML = html;
    for (const one of place.querySelectorAll("details[data-keep]")) one.open = open.includes(one.dataset.keep);
  };

  const live = async () => {
    const asked = new URLSearchParams(query);
    asked.set("after", String(last));
    const news = await (await fetch(`/pages/${ident}/live?${asked}`)).json();
    replaced(document.getElementById("now"), news.now);
    const place = document.getElementById("live");
    if (news.whole) place.replaceChildren();
    if (news.rows.trim()) {
      const first = last === 0;
      place.insertAdjacentHTML("afterbegin", news.rows);
      for (const one of place.querySelectorAll(".exchange")) {
        if (!first && Number(one.dataset.number) > last) one.classList.add("new");
      }
      if (first) place.querySelector(".exchange").open = true;
      while (place.children.length > KEPT) place.lastElementChild.remove();
    }
    last = news.last;
    document.getElementById("none").hidden = place.children.length > 0;
  };

  const overview = async () => {
    const asked = new URLSearchParams(query);
    asked.set("part", "1");
    replaced(document.getElementById("tiles"), await (await fetch(`/pages?${asked}`)).text());
    filter();
  };

  const filter = () => {
    const wanted = document.getElementById("filter").value.trim().toLowerCase();
    for (const tile of document.querySelectorAll(".tile")) tile.hidden = !tile.dataset.find.toLowerCase().includes(wanted);
    for (const group of document.querySelectorAll(".group")) group.hidden = !group.querySelector(".tile:not([hidden])");
  };

  const send = async (method, path, body) => {
    const asked = { method };
    if (body !== undefined) Object.assign(asked, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const reply = await fetch(path, asked);
    const text = await reply.text();
    say(`${method} ${path} → ${reply.status} ${text.slice(0, 160)}`, !reply.ok);
  };

  const at = (path, more = {}) => {
    const asked = new URLSearchParams(world === "main" ? more : { ...more, world });
    return asked.size ? `${path}?${asked}` : path;
  };
  const deeds = {
    arm: (button) => {
      const form = button.closest("form").elements;
      const times = Number(form.times.value);
      return send("POST", at(`/systems/${ident}/faults`), { name: form.fault.value, times: times || null });
    },
    lift: (button) => send("DELETE", at(`/systems/${ident}/faults`, button.dataset.name ? { name: button.dataset.name } : {})),
    reset: () => send("POST", at(`/systems/${ident}/reset`)),
    phone: ({ dataset }) => send("POST", at(`/systems/${ident}/user`), { action: dataset.action, ticket: dataset.ticket }),
    keep: () => send("POST", at("/snapshots"), { name: "page" }),
    recall: () => send("POST", at("/snapshots/page/restore")),
    clock: (button) => send("POST", at("/clock"), { set: button.dataset.set }),
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-do]");
    if (!button || (button.dataset.sure && !window.confirm(button.dataset.sure))) return;
    await deeds[button.dataset.do](button);
    await tick();
  });

  const tick = async () => {
    try {
      await (ident ? live() : overview());
    } catch {
      say(lang === "en" ? "The simulators do not answer." : "模拟系统没有应答。", true);
    }
  };
  const round = async () => {
    if (!document.hidden) await tick();
    setTimeout(round, ident ? 1000 : 2000);
  };
  if (!ident) document.getElementById("filter").addEventListener("input", filter);
  round();
})();
