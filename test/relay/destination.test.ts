import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDestination } from '../../src/relay/destination.ts'

describe('a destination', () => {
  test('SMTP, with and without TLS from the first byte', () => {
    assert.deepEqual(parseDestination('smtp://10.0.0.5:2525'), {
      kind: 'smtp',
      text: 'smtp://10.0.0.5:2525',
      address: { host: '10.0.0.5', port: 2525 },
      implicitTls: false,
    })
    assert.deepEqual(parseDestination('smtps://[::1]'), {
      kind: 'smtp',
      text: 'smtps://[::1]',
      address: { host: '::1', port: 465 },
      implicitTls: true,
    })
  })

  test('LMTP over TCP and over a unix socket', () => {
    const tcp = { kind: 'lmtp', text: 'lmtp://mail.example.org:24', address: { host: 'mail.example.org', port: 24 } }
    assert.deepEqual(parseDestination('lmtp://mail.example.org:24'), tcp)
    const socket = { kind: 'lmtp', text: 'lmtp:/run/dovecot/lmtp', address: { path: '/run/dovecot/lmtp' } }
    assert.deepEqual(parseDestination('lmtp:/run/dovecot/lmtp'), socket)
  })

  test('a Maildir, with and without placeholders', () => {
    assert.deepEqual(parseDestination('maildir:/var/mail/{domain}/{local}'), {
      kind: 'maildir',
      text: 'maildir:/var/mail/{domain}/{local}',
      path: '/var/mail/{domain}/{local}',
    })
  })

  test('LMTP-02: never on port 25', () => {
    assert.match(String(parseDestination('lmtp://10.0.0.5:25')), /other than 25/)
  })

  test('anything else is answered with what was expected', () => {
    const wrong = [
      '',
      'smtp',
      'smtp:10.0.0.5',
      'smtp://',
      'smtp://10.0.0.5:0',
      'smtp://10.0.0.5:65536',
      'smtp://10.0.0.256',
      'smtp://::1:25',
    ]
    const others = [
      'smtp://[10.0.0.5]',
      'smtp://a b',
      'smtp://user@host',
      'http://host',
      'lmtp:run/lmtp',
      'lmtp:',
      'maildir:',
      'maildir:/x/{user}',
      'maildir:/x/{local',
    ]
    for (const text of [...wrong, ...others]) assert.match(String(parseDestination(text)), /^expected /, text)
  })
})
