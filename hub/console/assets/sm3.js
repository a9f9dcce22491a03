// SM3 (GB/T 32905) of a file or text, in the page: what is sealed need not leave the computer.
"use strict";
(function (place) {
  const IV = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e];
  const BLOCK = 64, SLICE = 4 << 20;
  const turn = (x, by) => (x << by) | (x >>> (32 - by));
  const ROUND = Array.from({ length: 64 }, (_, j) => turn(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32));

  /** @returns {{update: function(Uint8Array): void, digest: function(): Uint8Array}} */
  function sm3() {
    const state = Int32Array.from(IV), w = new Int32Array(68), rest = new Uint8Array(BLOCK);
    let held = 0, length = 0;

    function block(octets, at) {
      for (let j = 0; j < 16; j += 1, at += 4) {
        w[j] = (octets[at] << 24) | (octets[at + 1] << 16) | (octets[at + 2] << 8) | octets[at + 3];
      }
      for (let j = 16; j < 68; j += 1) {
        const x = w[j - 16] ^ w[j - 9] ^ turn(w[j - 3], 15);
        w[j] = x ^ turn(x, 15) ^ turn(x, 23) ^ turn(w[j - 13], 7) ^ w[j - 6];
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let j = 0; j < 64; j += 1) {
        const a12 = turn(a, 12), ss1 = turn((a12 + e + ROUND[j]) | 0, 7), ss2 = ss1 ^ a12;
        const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
        const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
        const tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) | 0, tt2 = (gg + h + ss1 + w[j]) | 0;
        d = c; c = turn(b, 9); b = a; a = tt1;
        h = g; g = turn(f, 19); f = e; e = tt2 ^ turn(tt2, 9) ^ turn(tt2, 17);
      }
      [a, b, c, d, e, f, g, h].forEach((value, at) => { state[at] ^= value; });
    }

    function update(octets) {
      length += octets.length;
      let at = 0;
      if (held) {
        at = Math.min(BLOCK - held, octets.length);
        rest.set(octets.subarray(0, at), held);
        held += at;
        if (held < BLOCK) { return; }
        block(rest, 0);
      }
      for (; at + BLOCK <= octets.length; at += BLOCK) { block(octets, at); }
      rest.set(octets.subarray(at));
      held = octets.length - at;
    }

    function digest() {
      const bits = length * 8, end = new Uint8Array((held < 56 ? 64 : 128) - held);
      end[0] = 0x80;
      const view = new DataView(end.buffer);
      view.setUint32(end.length - 8, Math.floor(bits / 2 ** 32));
      view.setUint32(end.length - 4, bits >>> 0);
      update(end);
      const out = new DataView(new ArrayBuffer(32));
      state.forEach((value, at) => out.setInt32(at * 4, value));
      return new Uint8Array(out.buffer);
    }
    return { update, digest };
  }

  /** Of a Blob (a File is one), slice by slice. @param {Blob} blob */
  sm3.file = async function (blob) {
    const one = sm3();
    for (let at = 0; at < blob.size; at += SLICE) {
      one.update(new Uint8Array(await blob.slice(at, at + SLICE).arrayBuffer()));
    }
    return one.digest();
  };
  /** @param {Uint8Array} octets */
  sm3.of = function (octets) {
    const one = sm3();
    one.update(octets);
    return one.digest();
  };
  place.sm3 = sm3;
})(globalThis);
