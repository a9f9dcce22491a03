// 证书应用综合服务接口的浏览器端 (GB/T 43694, after GM/T 0020): SOF_* functions over the component on the user's PC.
//
//   const sof = SOF.over(SOF.http("http://127.0.0.1:8790"));
//   await sof.SOF_Login("C01-builder", pin);                     // a promise; what is refused rejects with SofError
//   sof.SOF_SignData("C01-builder", "原文", (answer) => { … });   // or a callback, which gets {code, msg, data}
//
// Octets (data, files, certificates) go in as Uint8Array, or as text that is sent as UTF-8; certificates and
// signatures, which are base64 already, as Base64Text. They come out as base64 text, as the functions say.
"use strict";
(function (place) {
  /** @typedef {{code: number, msg: string, data: unknown}} Answer */
  /** @typedef {(name: string, args: unknown[]) => Promise<Answer>} Transport */

  // Arguments of each function: "t" text, "n" a number, "o" octets, "b" octets that are base64 already.
  const FUNCTIONS = {
    SOF_GetVersion: "", SOF_GetLastError: "", SOF_GetUserList: "",
    SOF_SetSignMethod: "n", SOF_GetSignMethod: "", SOF_SetEncryptMethod: "n", SOF_GetEncryptMethod: "",
    SOF_Login: "tt", SOF_Logout: "t", SOF_GetPinRetryCount: "t", SOF_ChangePassWd: "ttt",
    SOF_ExportUserCert: "t", SOF_ExportExChangeUserCert: "t", SOF_GetDeviceInfo: "tn",
    SOF_GetCertInfo: "bn", SOF_GetCertInfoByOid: "bt", SOF_ValidateCert: "b",
    SOF_SignData: "to", SOF_VerifySignedData: "bob", SOF_SignFile: "to", SOF_VerifySignedFile: "bob",
    SOF_SignMessage: "nto", SOF_VerifySignedMessage: "bo",
    SOF_SignMessageDetach: "to", SOF_VerifySignedMessageDetach: "ob", SOF_GetInfoFromSignedMessage: "bn",
    SOF_SignDataXML: "to", SOF_VerifySignedDataXML: "o", SOF_GetXMLSignatureInfo: "on",
    SOF_EncryptData: "bo", SOF_DecryptData: "tb", SOF_EncryptFile: "bo", SOF_DecryptFile: "tb",
    SOF_GenRandom: "n",
    SES_GetSealList: "t", SES_GetSeal: "tt", SES_Sign: "ttot",
  };

  // What to do about it, in words; the component says itself what happened.
  const AWAY = -1;
  const ADVICE = {
    [AWAY]: ["本机组件没有应答", "启动本机组件:hutong sim component,并核对端口与准许的站点",
      "the component does not answer", "start it: hutong sim component; look at its port and the sites it admits"],
    0x0A000023: ["没有找到介质", "插入介质后重新选择", "no token", "plug it in and choose again"],
    0x0A000024: ["口令不正确", "核对口令;连续错六次介质即锁定", "wrong PIN", "check it; six wrong ones lock the token"],
    0x0A000025: ["介质已锁定", "带证件到发证机构解锁;其间可改用扫码", "the token is locked", "its issuer unlocks it; until then, scan a code"],
    0x0A000027: ["新口令长度不合", "改为 6 至 16 位", "length of the new PIN", "6 to 16 characters"],
    0x0A00002D: ["尚未登录介质", "先输入口令", "not logged in to the token", "enter the PIN first"],
    0x0B000002: ["组件没有这个函数", "升级组件", "no such function", "get a newer component"],
    0x0B000007: ["算法与密钥不符", "改设签名算法,或换证书", "method and key differ", "set another method or take another certificate"],
    0x0B000201: ["参数不对", "核对参数的个数与写法", "arguments", "look at number and form of the arguments"],
    0x0B000310: ["没有这张证书或这枚印章", "重新列出用户与印章后再选", "no such certificate or seal", "list users and seals again"],
    0x0B000410: ["签名验证不通过", "核对原文与签名是否配套", "the signature does not hold", "see whether data and signature belong together"],
    0x0B000416: ["解密失败", "核对信封是否发给这张证书", "decryption failed", "see whether the envelope is for this certificate"],
    0x0B000417: ["不是可读的签名消息或信封", "核对编码", "not a readable message", "look at its encoding"],
  };

  class SofError extends Error {
    /** @param {string} name the function @param {Answer} answer */
    constructor(name, answer) {
      const [zh, adviceZh, en, adviceEn] = ADVICE[answer.code] || ["组件拒绝", "按所述处理后重试", "refused", "see what it says"];
      const said = String(answer.msg || "").split(" / ");
      super(`${name}: ${said[0] || zh}`);
      this.name = "SofError";
      this.function = name;
      this.code = answer.code;
      this.told = said[0] !== "";
      /** What happened, and what to do: Chinese and English. */
      this.zh = said[0] || zh;
      this.en = said[1] || en;
      this.advice = { zh: adviceZh, en: adviceEn };
    }

    /** As tables of codes have it; what no table has (nobody there, a site that is not admitted) by its name. */
    get hex() { return this.code < 0 ? `component.${this.told ? "refused" : "away"}` : `0x${this.code.toString(16).toUpperCase().padStart(8, "0")}`; }
  }

  /** @param {Uint8Array} octets */
  function base64(octets) {
    let text = "";
    for (let at = 0; at < octets.length; at += 0x8000) {
      text += String.fromCharCode(...octets.subarray(at, at + 0x8000));
    }
    return btoa(text);
  }

  /** @param {string} text base64 @returns {Uint8Array} */
  const octets = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

  function sent(kind, value) {
    if (kind === "n") { return Number(value); }
    if (kind === "t") { return String(value); }
    if (value instanceof Uint8Array) { return base64(value); }
    return kind === "b" ? String(value) : base64(new TextEncoder().encode(String(value)));
  }

  /**
   * The usual transport: one POST for each call. Whatever goes wrong on the way is an answer too.
   * @param {string} url where the component listens @param {{seconds?: number, fetch?: typeof fetch}} [how]
   * @returns {Transport}
   */
  function http(url, { seconds = 30, fetch = place.fetch } = {}) {
    return async (name, args) => {
      try {
        const reply = await fetch(`${url}/sof`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ exec_name: name, exec_args: args }),
          signal: AbortSignal.timeout(seconds * 1000),
        });
        return await reply.json();
      } catch (error) {
        return { code: AWAY, msg: "", data: null };
      }
    };
  }

  /** All functions over a transport. @param {Transport} transport */
  function over(transport) {
    const made = {};
    for (const [name, kinds] of Object.entries(FUNCTIONS)) {
      made[name] = (...given) => {
        const callback = typeof given[given.length - 1] === "function" ? given.pop() : null;
        const answer = transport(name, given.map((value, at) => sent(kinds[at], value)));
        if (callback) { return void answer.then(callback); }
        return answer.then((found) => {
          if (found.code !== 0) { throw new SofError(name, found); }
          return found.data;
        });
      };
    }
    return made;
  }

  /** `name||id&&&name||id` as a list. @param {string} text */
  const listed = (text) => String(text || "").split("&&&").filter(Boolean).map((one) => {
    const at = one.lastIndexOf("||");
    return { name: one.slice(0, at), id: one.slice(at + 2) };
  });

  place.SOF = { over, http, listed, base64, octets, SofError, FUNCTIONS, AWAY };
})(globalThis);
