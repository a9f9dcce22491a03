// sof.js and sm3.js as a page uses them, against the component that argv names; run by test_sof_js.py.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

const [url, site, assets] = process.argv.slice(2);
await import(`${assets}/sm3.js`);
await import(`${assets}/sof.js`);
const { SOF, sm3 } = globalThis;
const hex = (octets) => Buffer.from(octets).toString("hex");
const named = (address, init) => fetch(address, { ...init, headers: { ...init.headers, Origin: site } });
const sof = SOF.over(SOF.http(url, { fetch: named }));

// digests: the standard's two, and every length around a block, also in pieces
assert.equal(hex(sm3.of(Buffer.from("abc"))), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
for (let size = 0; size < 200; size += 1) {
  const octets = Buffer.alloc(size, "互");
  const whole = createHash("sm3").update(octets).digest("hex");
  const parts = sm3();
  parts.update(octets.subarray(0, size >> 1));
  parts.update(octets.subarray(size >> 1));
  assert.equal(hex(sm3.of(octets)), whole, `${size}`);
  assert.equal(hex(parts.digest()), whole, `${size} in pieces`);
}
assert.equal(hex(await sm3.file(new Blob(["招标", "文件"]))), createHash("sm3").update("招标文件").digest("hex"));

// promises
const users = SOF.listed(await sof.SOF_GetUserList());
assert.ok(users.some(({ id, name }) => id === "C02-agency" && name.includes("RSA")));
await assert.rejects(sof.SOF_SignData("C02-agency", "原文"), (error) => {
  assert.ok(error instanceof SOF.SofError);
  assert.equal(error.code, 0x0a00002d);
  assert.equal(error.hex, "0x0A00002D");
  assert.match(error.zh, /登录/);
  assert.match(error.advice.zh, /口令/);
  return /^[\x20-\x7e]+$/.test(error.en);
});
await assert.rejects(sof.SOF_Login("C02-agency", "999999"), /还可再试 5 次/);
assert.equal(await sof.SOF_Login("C02-agency", "123456"), true);
const certificate = await sof.SOF_ExportUserCert("C02-agency");
const signature = await sof.SOF_SignData("C02-agency", "原文");
assert.equal(await sof.SOF_VerifySignedData(certificate, new TextEncoder().encode("原文"), signature), true);
await assert.rejects(sof.SOF_VerifySignedData(certificate, "原文。", signature), { code: 0x0b000410 });
const [seal] = SOF.listed(await sof.SES_GetSealList("C02-agency"));
assert.ok(SOF.octets(await sof.SES_Sign("C02-agency", seal.id, sm3.of(Buffer.from("x")), "/")).length > 1000);

// callbacks get the answer as it came, refusals too
const answer = await new Promise((resolve) => { sof.SOF_Login("C02-agency", "000000", resolve); });
assert.deepEqual([answer.code, answer.data], [0x0a000024, false]);
assert.equal(sof.SOF_GetUserList(() => {}), undefined);

// a transport of one's own, and nobody there
const said = [];
const other = SOF.over(async (name, args) => { said.push([name, args]); return { code: 0, msg: "", data: 7 }; });
assert.equal(await other.SOF_GetCertInfo(certificate, "0x31"), 7);
assert.deepEqual(said, [["SOF_GetCertInfo", [certificate, 0x31]]]);
await assert.rejects(SOF.over(SOF.http("http://127.0.0.1:9")).SOF_GetUserList(), (error) => {
  return error.code === SOF.AWAY && error.hex === "component.away" && error.advice.zh.includes("hutong sim component");
});
const closed = SOF.over(async () => ({ code: -1, msg: "此站点未登记 / this site is not named", data: null }));
await assert.rejects(closed.SOF_GetUserList(), (error) => error.hex === "component.refused" && error.en === "this site is not named");
console.log(JSON.stringify(Object.keys(SOF.FUNCTIONS)));
