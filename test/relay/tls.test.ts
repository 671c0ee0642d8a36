import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultExtensions } from '../../fixtures/next-hop/session.ts'
import { localhost } from '../../fixtures/next-hop.ts'
import { commands, open, relay, transaction } from './relaying.ts'

const delivered = ['250 2.1.5', '250 2.0.0']
const notSecured = ['451 4.7.5']
const trusted = { ca: localhost.cert }

describe('TLS to the next hop', () => {
  test('opportunistic: taken when it is offered, whatever the certificate', async () => {
    const { hop, transport } = await open({ tls: localhost })
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    assert.deepEqual(commands(hop).slice(0, 3), ['EHLO mx.example.org', 'STARTTLS', 'EHLO mx.example.org'])
  })

  test('opportunistic: in clear when the handshake fails, and from then on without trying', async () => {
    // A server whose oldest protocol is too new for nobody, and whose newest is too old for us.
    const old = { ...localhost, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const { hop, transport } = await open({ tls: old })
    for (let time = 0; time < 2; time++) assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    assert.equal(commands(hop).filter(line => line === 'STARTTLS').length, 1)
    hop.dropAll()
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    assert.equal(commands(hop).filter(line => line === 'STARTTLS').length, 1)
  })

  test('opportunistic: in clear on the same connection when the server will not after all', async () => {
    const { hop, transport } = await open({ tls: localhost, script: { starttls: '454 4.7.0 Not now' } })
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    assert.equal(hop.connections, 1)
  })

  test('CLI-15: required is never less: not offered, refused, or failed is no mail', async () => {
    const cases = [
      {},
      { tls: localhost, script: { starttls: '454 4.7.0 Not now' } },
      { extensions: [...defaultExtensions, 'STARTTLS'], script: { starttls: 'close' } },
    ] as const
    for (const options of cases) {
      const { hop, transport } = await open(options, { tls: 'required', ...trusted })
      const [reply] = await relay(transport.begin(transaction()), 'a@example.org')
      assert.ok(reply === '451 4.7.5' || reply === '451 4.4.1', reply)
      assert.ok(!commands(hop).some(line => line.startsWith('MAIL')))
    }
  })

  test('CLI-15: required checks the certificate and the name', async () => {
    const stranger = await open({ tls: localhost }, { tls: 'required' })
    assert.deepEqual(await relay(stranger.transport.begin(transaction()), 'a@example.org'), notSecured)
    const known = await open({ tls: localhost }, { tls: 'required', ...trusted })
    assert.deepEqual(await relay(known.transport.begin(transaction()), 'a@example.org'), delivered)
    const unchecked = await open({ tls: localhost }, { tls: 'required', verify: false })
    assert.deepEqual(await relay(unchecked.transport.begin(transaction()), 'a@example.org'), delivered)
  })

  test('implicit: TLS from the first byte, with the same checks', async () => {
    const { hop, transport } = await open({ tls: localhost, implicitTls: true }, { tls: 'implicit', ...trusted })
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    assert.ok(!commands(hop).includes('STARTTLS'))
    const stranger = await open({ tls: localhost, implicitTls: true }, { tls: 'implicit' })
    assert.deepEqual(await relay(stranger.transport.begin(transaction()), 'a@example.org'), notSecured)
  })

  test('off: never, though it is offered', async () => {
    const { hop, transport } = await open({ tls: localhost }, { tls: 'off' })
    assert.deepEqual(await relay(transport.begin(transaction()), 'a@example.org'), delivered)
    assert.ok(!commands(hop).includes('STARTTLS'))
  })

  test('replies that were slipped in before the handshake do not count', async () => {
    const script = { starttls: '220 2.0.0 Ready\r\n250-injected\r\n250 XCLIENT ADDR' }
    const { hop, transport } = await open({ tls: localhost, script }, { tls: 'required', ...trusted })
    const [reply] = await relay(transport.begin(transaction()), 'a@example.org')
    assert.notEqual(reply, '250 2.1.5')
    assert.ok(!commands(hop).some(line => line.startsWith('MAIL')))
  })
})
