// A hand-written minimal SMTP server on net.Socket: no TLS, no policy, little validation.
// It is NOT a product: it marks what Node itself allows (the "physical" ceiling).
// MODE=drain answers 250 after the message; MODE=relay holds it in memory and relays it over
// pooled, pipelined connections to the sink before it answers.
const net = require('net');
const POLICY = process.env.MODE === 'policy' && require('./min-policy.cjs');
const RELAY = POLICY || process.env.MODE === 'relay', SINK = +process.env.SINK_PORT, POOL = +(process.env.POOL || 50);
const END = Buffer.from('\r\n.\r\n');
const idle = []; let open = 0; const waiting = [];
class Down {
  constructor() {
    open++; this.cb = null; this.want = []; this.rb = ''; this.ready = false; this.job = null;
    this.s = net.connect({ port: SINK, host: '127.0.0.1', noDelay: true });
    this.s.setEncoding('latin1');
    this.want.push(() => { this.s.write('EHLO min\r\n'); });
    this.want.push(() => { this.ready = true; this.next(); });
    this.s.on('data', d => {
      this.rb += d; let i;
      while ((i = this.rb.indexOf('\n')) >= 0) { const l = this.rb.slice(0, i); this.rb = this.rb.slice(i + 1); if (l[3] !== '-') { const w = this.want.shift(); if (w) w(l); } }
    });
    const end = () => { if (!this.dead) { this.dead = true; open--; const i = idle.indexOf(this); if (i >= 0) idle.splice(i, 1); if (this.job) this.job.cb('451 relay lost\r\n'); } };
    this.s.on('close', end); this.s.on('error', end);
  }
  next() { const j = waiting.shift(); if (j) this.send(j); else idle.push(this); }
  send(j) {
    this.job = j; const st = c => l => { if (!l.startsWith(c)) j.bad = l; };
    this.want.push(st('250')); for (let i = 0; i < j.rcpt.length; i++) this.want.push(st('250'));
    this.want.push(l => {
      if (!l.startsWith('354')) { this.job = null; j.cb('451 ' + l + '\r\n'); return this.next(); }
      this.s.cork(); for (const c of j.body) this.s.write(c); process.nextTick(() => this.s.uncork());
      this.want.push(r => { this.job = null; j.cb(r.startsWith('250') && !j.bad ? '250 2.0.0 Ok: relayed\r\n' : '451 ' + (j.bad || r) + '\r\n'); this.next(); });
    });
    this.s.write(j.from + '\r\n' + j.rcpt.join('\r\n') + '\r\nDATA\r\n');
  }
}
function relay(j) { const d = idle.pop(); if (d) return d.send(j); waiting.push(j); if (open < POOL) new Down(); }
const options = { noDelay: true, ...(process.env.CERT && { cert: require('fs').readFileSync(process.env.CERT), key: require('fs').readFileSync(process.env.KEY) }) };
require(process.env.CERT ? 'tls' : 'net').createServer(options, s => {
  let data = false, rem = '', body = [], tail = Buffer.alloc(0), from = '', rcpt = [], paused = false;
  s.on('error', () => s.destroy());
  let ip = '', st = { pass: 0 };
  if (POLICY) s.once('data', d => { // PROXY v1 line first
    const m = /^PROXY TCP4 (\S+) .*\r\n/.exec(d.latin1Slice(0, Math.min(d.length, 108))); if (!m) return s.destroy(); ip = m[1]; s.pause();
    POLICY.connect(ip).then(r => { if (s.destroyed) return; if (r.listed) return s.end('554 listed\r\n'); s.on('data', input); s.resume(); s.write('220 min ESMTP\r\n'); if (d.length > m[0].length) input(d.subarray(m[0].length)); });
  }); else { s.write('220 min ESMTP\r\n'); s.on('data', input); }
  function input(b) {
    while (b && b.length) {
      if (data) {
        let e = -1; // index in b just past the terminator
        if (tail.length) { const j = Buffer.concat([tail, b.subarray(0, 5)]); const k = j.indexOf(END); if (k >= 0) e = k + 5 - tail.length; }
        if (e < 0) { const l = b.length; // normal case: terminator at the very end of the chunk
          if (l >= 5 && b[l - 1] === 10 && b[l - 2] === 13 && b[l - 3] === 46 && b[l - 4] === 10 && b[l - 5] === 13 && b.indexOf(END) === l - 5) e = l;
          else { const k = b.indexOf(END); if (k >= 0) e = k + 5; } }
        if (e < 0) { if (RELAY) body.push(b); tail = b.length >= 4 ? b.subarray(b.length - 4) : Buffer.concat([tail, b]).subarray(-4); return; }
        if (RELAY) body.push(b.subarray(0, e));
        b = b.subarray(e); data = false;
        if (!RELAY) { s.write('250 2.0.0 Ok\r\n'); continue; }
        const rest = b; s.pause();
        const go = (body) => relay({ from, rcpt, body, cb: r => { if (s.destroyed) return; s.write(r); s.resume(); if (rest.length) input(rest); } });
        if (!POLICY) go(body); else POLICY.message(ip, from, body).then(v => { if (v.reject) { s.write('550 5.7.1 DMARC\r\n'); s.resume(); } else go([v.hdr, v.b]); });
        body = []; return;
      }
      rem += b.latin1Slice(); b = null; let i;
      let out = '';
      while ((i = rem.indexOf('\n')) >= 0) {
        const l = rem.slice(0, rem[i - 1] === '\r' ? i - 1 : i); rem = rem.slice(i + 1);
        const v = l.slice(0, 4).toUpperCase();
        if (v === 'EHLO') out += '250-min\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n';
        else if (v === 'MAIL') { from = l; rcpt = []; out += '250 2.1.0 Ok\r\n'; }
        else if (v === 'RCPT') { rcpt.push(l); out += '250 2.1.5 Ok\r\n'; }
        else if (v === 'DATA') { out += '354 go\r\n'; data = true; body = []; tail = Buffer.from('\r\n'); b = rem.length ? Buffer.from(rem, 'latin1') : null; rem = ''; break; }
        else if (v === 'QUIT') { s.end(out + '221 bye\r\n'); return; }
        else out += '250 Ok\r\n';
      }
      if (out) s.write(out);
    }
  }
}).on('tlsClientError', () => {}).listen({ port: +process.env.PORT, host: '127.0.0.1', backlog: 4096 });

process.on('SIGTERM', () => process.exit());
