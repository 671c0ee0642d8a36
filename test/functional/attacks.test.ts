import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Zone } from '../../fixtures/dns-server.ts'
import { signer } from '../../fixtures/signer.ts'
import { send, startGateway } from './gateway.ts'

// An attacker with a domain, a machine and a name of his own writes as a bank that asks for refusal.

const ip = '203.0.113.5'
const rules =
  '[{ use: reverse-dns }, { use: spf }, { use: dkim }, { use: header-sanity }, { use: dmarc, options: { learnAfterDays: 0 } }, { use: greylist }, { use: score-limit }]'
const zone: Zone = {
  'evil.example': { MX: [{ preference: 10, exchange: 'mx.evil.example' }], TXT: [`v=spf1 ip4:${ip} -all`] },
  '_dmarc.evil.example': { TXT: ['v=DMARC1; p=none'] },
  'mx.evil.example': { A: [ip] },
  '5.113.0.203.in-addr.arpa': { PTR: ['mx.evil.example'] },
  '_dmarc.bank.example': { TXT: ['v=DMARC1; p=reject'] },
  ...signer('evil.example').zone,
}

function letter(from: string, more = ''): Promise<Buffer> {
  const header = `From: ${from}\r\nTo: bob@our.example\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@evil.example>\r\n${more}`
  return signer('evil.example').sign(Buffer.from(`${header}\r\nYour account is blocked.\r\n`))
}

const session = { helo: 'mx.evil.example', sender: 'x@evil.example' }

describe('mail in the name of a bank does not reach its reader', () => {
  const crowd = ['a', 'b', 'c', 'd', 'e'].map(name => `${name}@${name}.evil.example`).join(', ')
  const froms: Readonly<Record<string, string>> = {
    'among five other authors': `Bank <service@bank.example>, ${crowd}`,
    'behind them': `${crowd}, Bank <service@bank.example>`,
    'in a local part that some programs decode': '=?utf-8?Q?service=40bank.example=00?=@evil.example',
    'in a quoted local part': '"service@bank.example>"@evil.example',
    'in front of the address': 'service@bank.example <x@evil.example>',
    'behind the address': '<x@evil.example> service@bank.example',
  }
  for (const [title, from] of Object.entries(froms)) {
    it(title, async () => {
      await using gateway = await startGateway({ rules, zone })
      await send(await gateway.client(ip), { ...session, content: await letter(from) })
      assert.deepEqual([gateway.nextHop.messages.length, gateway.traces[0]?.recipients[0]?.outcome], [0, 'quarantined'])
    })
  }

  it('in Sender, without From, as a bounce', async () => {
    await using gateway = await startGateway({ rules, zone })
    const content = Buffer.from('Sender: service@bank.example\r\nTo: bob@our.example\r\n\r\nYour account is blocked.\r\n')
    assert.equal((await send(await gateway.client(ip), { ...session, sender: '', content })).data?.code, 550)
  })

  it('by way of a mailing list that he has run for postmaster', async () => {
    await using gateway = await startGateway({ rules, zone })
    const list = 'List-Id: <news.evil.example>\r\n'
    for (let n = 0; n < 6; n++) {
      const content = await letter('x@evil.example', list)
      assert.equal(
        (await send(await gateway.client(ip), { ...session, recipients: ['postmaster@our.example'], content })).data?.code,
        250,
      )
    }
    await send(await gateway.client(ip), { ...session, content: await letter('service@bank.example', list) })
    assert.equal(gateway.traces.at(-1)?.recipients[0]?.outcome, 'quarantined')
  })
})

it('quotes that are not needed lead past no rule', async () => {
  const deny = '[{ use: deny, to: ["bob@our.example"], options: { domains: [evil.example] } }]'
  await using gateway = await startGateway({ rules: deny, zone })
  const recipients = ['bob@our.example', 'BOB@our.example', '"bob"@our.example', '"b\\ob"@our.example']
  const { rcpts } = await send(await gateway.client(ip), { ...session, recipients })
  assert.deepEqual(
    rcpts.map(({ code }) => code),
    [554, 554, 554, 554],
  )
})
