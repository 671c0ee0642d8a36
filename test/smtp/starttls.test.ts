import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { Client } from './dialogue.ts'
import { letter, openEdge, opening, tlsFiles } from './edge.ts'
import { certificateName, secured } from './tls-client.ts'

describe('TLS', () => {
  it('S16: without a certificate of ours there is no STARTTLS', async () => {
    await using edge = await openEdge()
    const client = await Client.greeted(edge.port)
    assert.doesNotMatch(await client.say('EHLO client.example'), /STARTTLS/)
    assert.match(await client.say('STARTTLS'), /^502 5\.5\.1 /)
    client.destroy()
  })

  it('begins with STARTTLS, offers it no more, and tells so in the trace', async () => {
    await using edge = await openEdge({ tls: tlsFiles })
    const client = await Client.greeted(edge.port)
    assert.match(await client.say('EHLO client.example'), /\r\n250-STARTTLS\r\n/)
    assert.match(await client.say('STARTTLS now'), /^501 /)
    assert.match(await client.say('STARTTLS'), /^220 2\.0\.0 /)
    await client.secure()
    assert.equal(certificateName(client), 'mx.example.org')
    assert.doesNotMatch(await client.say('EHLO client.example'), /STARTTLS/)
    assert.match(await client.say('STARTTLS'), /^503 5\.5\.1 /)
    await client.accepted(...opening.slice(1))
    assert.match(await client.say(`${letter}.`), /^250 /)
    const { session } = await edge.traced()
    assert.equal(session.tls?.protocol, 'TLSv1.3')
    assert.match(session.tls?.cipher ?? '', /^TLS_/)
    assert.match(await client.say('QUIT'), /^221 /)
    assert.equal(await client.closed(), '')
    assert.equal(edge.nextHop.got[0]?.content, letter)
  })

  it('forgets the greeting and the transaction from before (RFC 3207, 4.2)', async () => {
    await using edge = await openEdge({ tls: tlsFiles })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@our.example>', 'STARTTLS')
    await client.secure()
    assert.match(await client.say('RCPT TO:<c@our.example>'), /^503 /)
    assert.match(await client.say('MAIL FROM:<a@example.com>'), /^503 /)
    assert.equal((await edge.traced()).ending, 'reset')
    client.destroy()
  })

  it('SRV-25: does not run what was sent in clear behind STARTTLS', async () => {
    await using edge = await openEdge({ tls: tlsFiles })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example')
    client.write('STARTTLS\r\nEHLO injected.example\r\nMAIL FROM:<injected@example.com>\r\n')
    await client.expect(220)
    await client.secure()
    assert.match(await client.say('RCPT TO:<b@our.example>'), /^503 /)
    await client.accepted('EHLO client.example')
    assert.match(await client.say('RCPT TO:<b@our.example>'), /^503 /)
    assert.doesNotMatch(client.transcript, /injected/)
    client.destroy()
  })

  it('begins with the first byte where the listener says so (RFC 8314, 3.3)', async () => {
    await using edge = await openEdge({ tls: tlsFiles, listeners: [{ tls: 'implicit' }], limits: { greetDelayMs: 20 } })
    const client = await Client.connectTls(edge.port)
    await client.expect(220)
    assert.doesNotMatch(await client.say('EHLO client.example'), /STARTTLS/)
    await client.accepted(...opening.slice(1))
    assert.match(await client.say(`${letter}.`), /^250 /)
    assert.equal((await edge.traced()).session.tls?.protocol, 'TLSv1.3')
    client.destroy()
  })

  it('hears who talks before the greeting under TLS as well', async () => {
    await using edge = await openEdge({ tls: tlsFiles, listeners: [{ tls: 'implicit' }], limits: { greetDelayMs: 4000 } })
    const client = await Client.connectTls(edge.port)
    client.write('EHLO client.example\r\n')
    await client.expect(220)
    await client.expect(250)
    await client.accepted('QUIT')
    assert.deepEqual((await edge.traced()).session.violations, ['talked-before-greeting'])
  })

  it('TLS-01: takes nothing older than TLS 1.2', async () => {
    await using edge = await openEdge({ tls: tlsFiles, listeners: [{ tls: 'implicit' }] })
    const attempt = connectTls({
      port: edge.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    })
    await assert.rejects(new Promise((resolve, reject) => attempt.once('secureConnect', resolve).once('error', reject)))
    const modest = connectTls({ port: edge.port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
    await new Promise((resolve, reject) => modest.once('secureConnect', resolve).once('error', reject))
    modest.destroy()
  })

  it('TLS-02: is not renegotiated, and its cipher is our choice', async () => {
    await using edge = await openEdge({ tls: tlsFiles, listeners: [{ tls: 'implicit' }] })
    const both = ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-GCM-SHA256']
    const chosen = new Set<string>()
    for (const ciphers of [both, both.toReversed()]) {
      const client = connectTls({
        port: edge.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        maxVersion: 'TLSv1.2',
        ciphers: ciphers.join(':'),
      })
      await new Promise((resolve, reject) => client.once('secureConnect', resolve).once('error', reject))
      chosen.add(client.getCipher().name)
      const refused = await new Promise(resolve => {
        client.once('error', resolve)
        client.renegotiate({ rejectUnauthorized: false }, resolve)
      })
      assert.match(String(refused), /renegotiation/i)
      client.destroy()
    }
    assert.equal(chosen.size, 1)
  })

  it('survives a client that answers 220 with anything but a handshake', async () => {
    await using edge = await openEdge({ tls: tlsFiles })
    for (const nonsense of ['EHLO again\r\n', '\x16\x03\x01\x00', '']) {
      const client = await Client.greeted(edge.port)
      await client.accepted('EHLO client.example', 'STARTTLS')
      client.write(nonsense)
      client.end()
      await client.closed()
    }
    const client = await secured(edge.port)
    await client.accepted('EHLO client.example')
    client.destroy()
  })

  it('gives up on a handshake that does not come, with STARTTLS and without', async () => {
    const limits = { tlsHandshakeMs: 50 }
    await using edge = await openEdge({ tls: tlsFiles, listeners: [{}, { tls: 'implicit' }], limits })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'STARTTLS')
    await client.closed()
    const silent = await Client.connect(edge.ports[1] ?? 0)
    await silent.closed()
  })

  it('ends in the middle of handshakes without harm', async () => {
    const edge = await openEdge({ tls: tlsFiles, listeners: [{}, { tls: 'implicit' }] })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example', 'STARTTLS')
    client.write('\x16\x03\x01\x02\x00\x01')
    const other = await Client.connect(edge.ports[1] ?? 0)
    other.write('\x16\x03\x01\x02\x00\x01')
    while (edge.server.counts.open < 2) await new Promise(setImmediate)
    await edge.server.close()
    await client.closed()
    await other.closed()
    assert.equal(edge.server.counts.open, 0)
  })
})
