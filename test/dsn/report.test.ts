import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { causeOf } from '../../src/dsn/causes.ts'
import { isWanted, type Report } from '../../src/dsn/outcome.ts'
import { deliveryReport } from '../../src/dsn/report.ts'
import { delayed, failed, reportWith } from './reports.ts'

async function textOf(report: Report): Promise<string> {
  const message = await deliveryReport(report)
  return Buffer.concat(await Array.fromAsync(message.chunks())).toString('latin1')
}

/** The parts of a report, decoded. */
async function partsOf(report: Report): Promise<string[]> {
  const text = await textOf(report)
  const [, boundary = ''] = /boundary="([^"]*)"/.exec(text) ?? []
  return text
    .split(`\r\n--${boundary}`)
    .slice(1, -1)
    .map(part => {
      const end = part.indexOf('\r\n\r\n')
      const content = part.slice(end + 4)
      const bytes = /encoding: base64/i.test(part.slice(0, end)) ? Buffer.from(content, 'base64') : Buffer.from(content, 'latin1')
      return bytes.toString()
    })
}

describe('a report', () => {
  it('DSN-02, DSN-03: is multipart/report, and says that nobody need answer', async () => {
    const message = await deliveryReport(reportWith(failed))
    assert.match(message.header('content-type') ?? '', /^multipart\/report; report-type=delivery-status;/)
    assert.equal(message.header('auto-submitted'), 'auto-replied')
    assert.equal(message.header('from'), 'Mail Delivery System <postmaster@mx.our.example>')
    assert.equal(message.header('in-reply-to'), '<1@our.example>')
  })

  it('tells people what has happened, why, and what to do', async () => {
    const [human = ''] = await partsOf(reportWith(failed, delayed))
    assert.match(human, /could not be delivered to:\r\n\r\n {2}<bob@a\.example>\r\n {4}This address does not exist/)
    assert.match(human, /That server said: 550 5\.1\.1 No such user/)
    assert.match(human, /waits for:\r\n\r\n {2}<kim@b\.example>\r\n {4}The recipient's server could not be reached/)
    assert.match(human, /need not send\r\nit again/)
    assert.match(human, /1N3Z8QK4F00A\.1/)
    assert.ok(human.split('\r\n').every(line => line.length <= 78))
  })

  it('tells machines the same', async () => {
    const [, status = ''] = await partsOf(reportWith(failed, delayed))
    const [message = '', first = '', second = ''] = status.split('\r\n\r\n')
    assert.match(
      message,
      /^Original-Envelope-Id: QQ\+1\r\nReporting-MTA: dns; mx\.our\.example\r\nArrival-Date: Thu, 01 Jan 2026 10:00:00 \+0000$/,
    )
    assert.deepEqual(first.split('\r\n').slice(0, 6), [
      'Original-Recipient: rfc822; Bob@a.example',
      'Final-Recipient: rfc822; bob@a.example',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; mx.a.example',
      'Diagnostic-Code: smtp; 550 5.1.1 No such user',
    ])
    assert.match(second, /Action: delayed\r\nStatus: 4\.4\.1\r\n/)
    assert.match(second, /Will-Retry-Until: Mon, 05 Jan 2026 10:00:00 \+0000/)
  })

  it('what was only ever put off has failed for good when it is given up', async () => {
    const [, status = ''] = await partsOf(reportWith({ ...delayed, action: 'failed' }))
    assert.match(status, /Action: failed\r\nStatus: 5\.4\.1\r\n/)
  })

  it('brings back the header only, and the whole message where that was asked for', async () => {
    const [, , header = ''] = await partsOf(reportWith(failed))
    assert.match(header, /Subject: .*Köln\r\n/)
    assert.doesNotMatch(header, /Secret/)
    const full = { ...reportWith(failed), parameters: { ret: 'FULL' as const } }
    assert.match((await partsOf(full))[2] ?? '', /\r\n\r\nSecret: At noon\?\r\n/)
    const late = { ...reportWith(delayed), parameters: { ret: 'FULL' as const } }
    assert.doesNotMatch((await partsOf(late))[2] ?? '', /Secret/, 'RFC 3461, 4.3: only with what has failed')
  })

  it('a reply can put no field, and no part, into it', async () => {
    const said = `550 ${'long '.repeat(300)}\r\nAction: delivered\r\n\r\n--x`
    const [, status = ''] = await partsOf(reportWith({ ...failed, said }))
    assert.equal([...status.matchAll(/^Action:/gm)].length, 1)
    assert.ok((await textOf(reportWith({ ...failed, said }))).split('\r\n').every(line => line.length <= 998))
  })

  it('addresses in UTF-8 have a type of their own', async () => {
    const outcome = { ...failed, address: { local: 'bjørn', domain: 'a.example' } }
    const [, status = ''] = await partsOf(reportWith(outcome))
    assert.match(status, /Final-Recipient: utf-8; bjørn@a\.example/)
    assert.match(await textOf(reportWith(outcome)), /Content-Type: message\/global-delivery-status/)
  })
})

describe('what a sender wants to hear', () => {
  it('is failure and delay, unless he says otherwise', () => {
    const wanted = (notify?: Parameters<typeof isWanted>[0]['notify']) =>
      (['failed', 'delayed', 'relayed', 'delivered'] as const).filter(action => isWanted(notify ? { notify } : {}, action))
    assert.deepEqual(wanted(), ['failed', 'delayed'])
    assert.deepEqual(wanted(['NEVER']), [])
    assert.deepEqual(wanted(['FAILURE']), ['failed'])
    assert.deepEqual(wanted(['SUCCESS', 'DELAY']), ['delayed', 'relayed', 'delivered'])
  })
})

describe('causes', () => {
  const examples: readonly (readonly [string, string, RegExp])[] = [
    ['5.1.1', '550-5.1.1 The email account that you tried to reach does not exist.', /does not exist/],
    ['5.2.2', '452-4.2.2 The email account that you tried to reach is over quota.', /mailbox is full/],
    ['5.7.1', '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org', /blocklist/],
    ['5.7.26', '550-5.7.26 This mail has been blocked because the sender is unauthenticated.', /could not verify/],
    ['5.7.1', '554 5.7.1 <a@b>: Relay access denied', /because of its rules/],
    ['5.7.1', '554 5.7.1 Spam message rejected', /took the message for spam/],
    ['4.7.1', '450 4.7.1 Greylisted, please try again later', /need not do anything/],
    ['5.3.4', '552 5.3.4 Message size exceeds fixed limit', /too large/],
    ['5.1.10', '556 5.1.10 Recipient address has null MX', /receives no mail/],
    ['5.4.6', '554 5.4.6 Too many hops', /in circles/],
    ['5.7.5', 'The certificate is not valid', /secure connection/],
    ['5.0.0', '550 Go away', /^The recipient’s server refused the message\.$/],
  ]
  for (const [status, said, expected] of examples) {
    it(`"${said}" is told in plain words`, () => {
      assert.match(causeOf({ code: status.startsWith('4') ? 450 : 550, status, text: '' }, said), expected)
    })
  }
})
