// Keeps the picture current: asks the public status every two seconds. What is sealed is not in it.
"use strict";
(function () {
  const english = document.documentElement.lang === "en";
  const seen = new Map();
  let first = true;
  const byId = (id) => document.getElementById(id);
  const put = (id, value) => { const element = byId(id); if (element) { element.textContent = String(value); } };

  function colour(systems) {
    let online = 0;
    for (const [id, system] of Object.entries(systems)) {
      const node = byId("node-" + id);
      if (system.state === "online") { online += 1; }
      if (!node) { continue; }
      node.setAttribute("class", "node s-" + (system.faulty ? "faulty" : system.state));
      const now = system.traffic || 0;
      const before = seen.get(id);
      const lit = !first && before !== undefined && now > before;
      if (lit) { light(id); }
      seen.set(id, now);
    }
    put("n-systems", online);
    first = false;
  }

  const until = new Map();
  function light(id) { until.set(id, Date.now() + 5000); }
  function glow() {
    for (const [id, end] of until) {
      const lit = Date.now() < end;
      for (const element of [byId("line-" + id), byId("node-" + id)]) {
        if (element) { element.classList.toggle("lit", lit); }
      }
      if (!lit) { until.delete(id); }
    }
  }

  async function look() {
    const note = byId("fresh");
    try {
      const reply = await fetch("/console/live.json", { cache: "no-store" });
      if (!reply.ok) { throw new Error(String(reply.status)); }
      const live = await reply.json();
      colour(live.systems);
      put("n-accepted", live.accepted);
      put("n-delivered", live.delivered);
      put("n-dead", live.dead);
      live.last.slice(0, 3).forEach((line, index) => put("last-" + (index + 1), english ? line.en : line.zh));
      note.classList.remove("stale");
      note.textContent = (english ? "as of " : "截至 ") + live.time;
    } catch (error) {
      note.classList.add("stale");
      note.textContent = english ? "no contact with the hub" : "与平台失去联系";
    }
    glow();
  }
  look();
  setInterval(look, 2000);
  setInterval(glow, 500);
})();
