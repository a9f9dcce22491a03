(function () {
  "use strict";
  var form = document.getElementById("find"), list = document.getElementById("found"), count = document.getElementById("count");
  var english = document.documentElement.lang === "en", base = form.dataset.base;
  var KINDS = { stage: "环节", field: "字段", service: "服务报文", "code list": "代码集", format: "格式", rule: "交换规则", finding: "问题代码", page: "页面" };
  function words(text) {
    var found = text.toLowerCase().match(/[a-z0-9]+/g) || [];
    (text.match(/[\u3400-\u9fff]+/g) || []).forEach(function (run) {
      if (run.length === 1) found.push(run);
      for (var i = 0; i + 1 < run.length; i++) found.push(run.slice(i, i + 2));
    });
    return found.filter(function (word, at) { return found.indexOf(word) === at; });
  }
  function search(text) {
    var index = window.HUTONG_SEARCH, asked = words(text), scores = {};
    asked.forEach(function (word) {
      var numbers = index.words[word];
      // A single character, or the beginning of a word, is looked up among all words.
      if (!numbers) {
        numbers = [];
        Object.keys(index.words).forEach(function (known) {
          if (known.indexOf(word) === 0 || (word.length === 1 && known.indexOf(word) >= 0 && word > "z")) {
            numbers = numbers.concat(index.words[known]);
          }
        });
      }
      numbers.filter(function (n, at) { return numbers.indexOf(n) === at; }).forEach(function (n) {
        scores[n] = (scores[n] || 0) + 1;
      });
    });
    var all = Object.keys(scores).map(Number), whole = all.filter(function (n) { return scores[n] === asked.length; });
    var plain = text.trim().toLowerCase();
    function weight(n) {
      var doc = index.docs[n], zh = doc[2].toLowerCase(), en = doc[3].toLowerCase();
      var names = en.split(/[ ·]+/);
      return scores[n] + (zh === plain || names.indexOf(plain) >= 0 ? 20 : 0) + (zh.indexOf(plain) >= 0 || en.indexOf(plain) >= 0 ? 5 : 0)
        + (doc[1] === "stage" || doc[1] === "service" ? 2 : 0);
    }
    return (whole.length ? whole : all).sort(function (a, b) { return weight(b) - weight(a) || a - b; });
  }
  function show(text) {
    list.textContent = "";
    if (!text.trim()) { count.textContent = ""; return; }
    var found = search(text);
    count.textContent = english ? found.length + " found" : "找到 " + found.length + " 项";
    found.slice(0, 100).forEach(function (n) {
      var doc = window.HUTONG_SEARCH.docs[n], item = document.createElement("li"), link = document.createElement("a");
      link.href = base + doc[0];
      link.textContent = doc[2];
      var kind = document.createElement("span"), more = document.createElement("small");
      kind.className = "badge"; kind.textContent = english ? doc[1] : KINDS[doc[1]];
      more.textContent = doc[3];
      item.append(kind, link, more);
      list.append(item);
    });
  }
  var asked = new URLSearchParams(location.search).get("q") || "";
  form.elements.q.value = asked;
  form.addEventListener("submit", function (event) { event.preventDefault(); show(form.elements.q.value); });
  form.elements.q.addEventListener("input", function () { show(form.elements.q.value); });
  show(asked);
})();
