// Minimal policy step for min-smtp.cjs (MODE=policy): what SPF + DKIM + DMARC + 3 DNSBL + FCrDNS have to cost in plain Node.
// Happy path only, NOT a product: it exists to show the floor. No DNS cache; only the parsed key object is kept per DKIM record.
const dgram = require('dgram'), crypto = require('crypto');
const s = dgram.createSocket('udp4'), pend = new Map(); let id = 0, up = new Promise(r => s.connect(+process.env.DNS_PORT, process.env.DNS_ADDRESS, r));
s.on('message', m => { const f = pend.get(m.readUInt16BE(0)); if (f) { pend.delete(m.readUInt16BE(0)); f(m); } });
function skip(m, o) { for (;;) { const l = m[o]; if (l === 0) return o + 1; if (l >= 192) return o + 2; o += l + 1; } }
function name(m, o) { let r = ''; for (let g = 0; g < 64; g++) { const l = m[o]; if (l === 0) break; if (l >= 192) { o = ((l & 63) << 8) | m[o + 1]; continue; } r += (r ? '.' : '') + m.latin1Slice(o + 1, o + 1 + l); o += l + 1; } return r; }
async function q(n, type) {
  id = (id + 1) & 65535; const k = id, b = Buffer.allocUnsafe(18 + n.length);
  b.writeUInt16BE(k, 0); b.writeUInt16BE(0x100, 2); b.writeUInt32BE(0x10000, 4); b.writeUInt32BE(0, 8); let o = 12;
  for (const l of n.split('.')) { b[o++] = l.length; o += b.latin1Write(l, o); } b[o++] = 0; b.writeUInt16BE(type, o); b.writeUInt16BE(1, o + 2);
  const m = await new Promise(ok => { pend.set(k, ok); s.send(b.subarray(0, o + 4)); });
  const out = []; let p = skip(m, 12) + 4;
  for (let i = m.readUInt16BE(6); i > 0; i--) { p = skip(m, p); const t = m.readUInt16BE(p), l = m.readUInt16BE(p + 8); p += 10;
    if (t === type) { if (t === 1) out.push(m.subarray(p, p + 4).join('.')); else if (t === 12) out.push(name(m, p)); else if (t === 16) { let x = '', e = p + l, z = p; while (z < e) { x += m.latin1Slice(z + 1, z + 1 + m[z]); z += m[z] + 1; } out.push(x); } } p += l; }
  return out;
}
const ip4 = a => a.split('.').reduce((x, y) => x * 256 + +y, 0);
async function spf(ip, dom, depth = 0) {
  const r = (await q(dom, 16)).find(x => x.startsWith('v=spf1')); if (!r) return 'none';
  for (const t of r.split(' ').slice(1)) {
    if (t.startsWith('ip4:')) { const [a, m] = t.slice(4).split('/'); const sh = 2 ** (32 - (m || 32)); if (Math.floor(ip4(a) / sh) === Math.floor(ip4(ip) / sh)) return 'pass'; }
    else if (t.startsWith('include:')) { if (depth < 5 && await spf(ip, t.slice(8), depth + 1) === 'pass') return 'pass'; }
    else if (t === '-all') return 'fail'; else if (t === '~all') return 'softfail';
  }
  return 'neutral';
}
function relaxedBody(b, from, to) { // -> sha256; bytes copied once, dot-stuffing undone
  const out = Buffer.allocUnsafe(to - from + 2); let o = 0, last = 0, sp = false, bol = true;
  for (let i = from; i < to; i++) { const c = b[i];
    if (c === 13 && b[i + 1] === 10) { out[o++] = 13; out[o++] = 10; if (o - 2 > last || !bol) last = o; if (bol) { /* empty line */ } sp = false; bol = true; i++; continue; }
    if (bol && c === 46) { bol = false; if (b[i + 1] !== 13) { continue; } }
    if (c === 32 || c === 9) { sp = true; bol = false; continue; }
    if (sp) { out[o++] = 32; sp = false; } bol = false; out[o++] = c; last = o + 2; }
  return crypto.createHash('sha256').update(out.subarray(0, Math.min(o, last))).digest('base64');
}
const rh = h => { const i = h.indexOf(':'); return h.slice(0, i).trim().toLowerCase() + ':' + h.slice(i + 1).replace(/\r\n/g, '').replace(/[ \t]+/g, ' ').trim(); };
const keys = new Map();
async function dkim(b) { // b: raw stuffed message incl. the final CRLF.CRLF
  const e = b.indexOf('\r\n\r\n'), head = b.latin1Slice(0, e), hs = head.split(/\r\n(?![ \t])/);
  const sh = hs.find(h => /^dkim-signature:/i.test(h)); if (!sh) return { r: 'none' };
  const t = {}; for (const x of sh.slice(15).split(';')) { const i = x.indexOf('='); if (i > 0) t[x.slice(0, i).trim()] = x.slice(i + 1).replace(/\s+/g, ''); }
  const rec = (await q(`${t.s}._domainkey.${t.d}`, 16))[0]; if (!rec) return { r: 'temperror' };
  let key = keys.get(rec); if (!key) { key = crypto.createPublicKey({ key: Buffer.from(/p=([^;]+)/.exec(rec)[1], 'base64'), format: 'der', type: 'spki' }); keys.set(rec, key); }
  if (relaxedBody(b, e + 4, b.length - 3) !== t.bh) return { r: 'fail body', d: t.d };
  let data = ''; const used = {};
  for (const n of t.h.toLowerCase().split(':')) { const c = hs.filter(h => h.slice(0, h.indexOf(':')).toLowerCase() === n); const u = used[n] = (used[n] || 0) + 1; const h = c[c.length - u]; if (h) data += rh(h) + '\r\n'; }
  data += rh(sh).replace(/([;:]\s?)b=[^;]*/, '$1b=');
  return { r: crypto.verify('RSA-SHA256', Buffer.from(data, 'latin1'), key, Buffer.from(t.b, 'base64')) ? 'pass' : 'fail', d: t.d };
}
exports.connect = async ip => { await up; const rev = ip.split('.').reverse().join('.');
  const [ptr, a, b, c] = await Promise.all([q(rev + '.in-addr.arpa', 12), q(rev + '.dnsbl-a.bench-bl.net', 1), q(rev + '.dnsbl-b.bench-bl.net', 1), q(rev + '.dnsbl-c.bench-bl.net', 1)]);
  const f = ptr[0] ? (await q(ptr[0], 1)).includes(ip) : false; return { listed: a.length + b.length + c.length > 0, fcrdns: f }; };
exports.message = async (ip, from, body) => { const b = body.length === 1 ? body[0] : Buffer.concat(body), dom = from.slice(from.lastIndexOf('@') + 1).replace('>', '');
  const [sp, dk, dm] = await Promise.all([spf(ip, dom), dkim(b), q('_dmarc.' + dom, 16)]);
  if (process.env.DEBUG) console.error(sp, dk, dm);
  if (dk.r !== 'pass' && sp !== 'pass' && /p=reject/.test(dm[0])) return { reject: true };
  return { hdr: Buffer.from(`Authentication-Results: gw.bench; dkim=${dk.r} header.d=${dk.d}; spf=${sp} smtp.mailfrom=${dom}; dmarc=${dk.r === 'pass' && dk.d === dom || sp === 'pass' ? 'pass' : 'fail'}\r\n`), b, all: sp === 'pass' && dk.r === 'pass' }; };
