// An opening watched while it goes on: asks every second what came since, until nothing is left.
"use strict";
(function () {
  const english = document.documentElement.lang === "en";
  const say = (zh, en) => (english ? en : zh);
  const byId = (id) => document.getElementById(id);
  const states = {
    opening: say("正在开启", "opening"), waiting: say("等待投标人份额", "waiting for bidders' parts"),
    paused: say("暂停", "paused"), done: say("已全部开启", "done"),
  };
  const results = {
    "opened": say("解密成功", "opened"), "bidder-fault": say("投标人原因", "the bidder's fault"),
    "platform-fault": say("平台原因", "the platform's fault"), "withdrawn": say("已撤回", "withdrawn"),
  };
  let turn = 0;

  function row(one) {
    const line = byId("opening-results").tBodies[0].insertRow();
    const said = [one.name + " " + one.code, results[one.result] || one.result, say(one.zh, one.en), one.clause];
    for (const text of said) { line.insertCell().textContent = text; }
    const link = document.createElement("a");
    link.href = "/console/bids/" + encodeURIComponent(one.receiptNo);
    link.textContent = one.receiptNo;
    line.insertCell().append(link);
  }

  async function watch(section, mine, after) {
    if (mine !== turn) { return; }
    let next = after;
    let state = "";
    try {
      const path = "/console/openings/" + encodeURIComponent(section) + "?after=" + after;
      const reply = await fetch(path, { cache: "no-store" });
      if (mine !== turn) { return; }
      if (reply.ok) {
        const told = await reply.json();
        told.results.forEach(row);
        byId("opening-results").hidden = byId("opening-bar").hidden = false;
        byId("opening-bar").max = Math.max(told.total, 1);
        byId("opening-bar").value = told.done;
        const paused = told.paused ? " (" + told.paused + ")" : "";
        byId("opening-note").textContent = told.done + " / " + told.total + " " + states[told.state] + paused;
        next = told.after;
        state = told.state;
      } else {
        byId("opening-note").textContent = say("没有可查阅的内容", "nothing here");
      }
    } catch (error) {
      byId("opening-note").textContent = say("与平台失去联系", "no contact with the hub");
    }
    if (state !== "done") { setTimeout(() => watch(section, mine, next), 1000); }
  }

  byId("opening-form").addEventListener("submit", (event) => {
    event.preventDefault();
    byId("opening-results").tBodies[0].replaceChildren();
    byId("opening-results").hidden = byId("opening-bar").hidden = true;
    turn += 1;
    watch(byId("opening-section").value.trim(), turn, 0);
  });
})();
