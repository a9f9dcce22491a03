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
  const marks = { "opened": "✓", "bidder-fault": "✗", "platform-fault": "✗", "withdrawn": "–" };
  // Why it has stopped; whatever else it may be, the hub goes on by itself as soon as it can.
  const pauses = {
    "bid.keys": say("平台的投标密钥不可用:请管理员检查密钥设备", "the platform's key for bids is out of reach: see to the key device"),
    "hub.internal": say("平台内部错误:请管理员查看日志", "the hub's own error: see its log"),
  };
  const seen = new Map(); // section -> the state last heard, of this visit alone
  let turn = 0;
  let counts = {};

  function row(one) {
    const line = byId("opening-results").tBodies[0].insertRow();
    const result = `${marks[one.result] || "?"} ${results[one.result] || one.result}`;
    const said = [one.name + " " + one.code, result, say(one.zh, one.en), one.clause];
    for (const text of said) { line.insertCell().textContent = text; }
    line.className = one.result === "opened" ? "" : one.result === "withdrawn" ? "warning" : "error";
    counts[one.result] = (counts[one.result] || 0) + 1;
    const link = document.createElement("a");
    link.href = "/console/bids/" + encodeURIComponent(one.receiptNo);
    link.textContent = one.receiptNo;
    line.insertCell().append(link);
  }

  /** One line that is said only when it says something new. */
  function note(text) {
    if (byId("opening-note").textContent !== text) { byId("opening-note").textContent = text; }
  }

  function sum() {
    const parts = Object.keys(results).filter((one) => counts[one]).map((one) => `${results[one]} ${counts[one]}`);
    byId("opening-sum").textContent = parts.join(say(",", ", "));
  }

  /** The sections looked at before, to go back to. */
  function list() {
    byId("opening-seen").replaceChildren(...[...seen].map(([section, state]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = state ? `${section} · ${states[state] || state}` : section;
      button.addEventListener("click", () => begin(section));
      return button;
    }));
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
        const paused = told.paused ? say(":", ": ") + (pauses[told.paused] || told.paused) : "";
        note(told.done + " / " + told.total + " " + states[told.state] + paused);
        sum();
        next = told.after;
        state = told.state;
        if (seen.get(section) !== state) { seen.set(section, state); list(); }
      } else {
        note(reply.status === 404
          ? say("没有可查阅的内容;若已到开标时间,开标开始后这里会自动显示", "nothing here; once an opening has begun it is shown by itself")
          : say("平台暂时不能回答,正在重试", "the hub cannot answer now, trying again"));
      }
    } catch (error) {
      note(say("与平台失去联系,正在重试", "no contact with the hub, trying again"));
    }
    if (state !== "done") { setTimeout(() => watch(section, mine, next), 1000); }
  }

  function begin(section) {
    byId("opening-section").value = section;
    byId("opening-results").tBodies[0].replaceChildren();
    byId("opening-results").hidden = byId("opening-bar").hidden = true;
    counts = {};
    sum();
    turn += 1;
    watch(section, turn, 0);
  }

  byId("opening-form").addEventListener("submit", (event) => {
    event.preventDefault();
    begin(byId("opening-section").value.trim());
  });
})();
