import assert from 'node:assert/strict'
import { it } from 'node:test'
import { startNextHop } from '../../fixtures/next-hop.ts'
import { relaysSchema } from '../../src/config/relay.ts'
import { openRelay, openRoutes } from '../../src/config/routes.ts'
import { relayTimeouts } from '../../src/relay/relay-timeouts.ts'
import { dryTransport } from '../../src/report/rehearsal.ts'
import { transaction } from '../relay/relaying.ts'

function routes(relay: Readonly<Record<string, unknown>>, postmaster?: { readonly local: string; readonly domain: string }) {
  const settings = { relay: relaysSchema.parse(relay), hostname: 'mx.our.example', folder: '/', postmaster, workers: 1 }
  const opened: string[] = []
  const { route, isExempt, close } = openRoutes(settings, ({ to }) => {
    opened.push(to.text)
    return dryTransport(to.text)
  })
  const to = (local: string, domain: string) => {
    const found = route({ local, domain })
    return found && [found.transport.name, `${found.recipient.local}@${found.recipient.domain}`]
  }
  return { to, isExempt, close, opened, route }
}

const relay = {
  'Our.Example': { to: 'smtp://a:25' },
  '*.our.example': { to: 'smtp://b:25' },
  '*.deep.our.example': { to: 'smtp://c:25' },
  'other.example': { to: 'smtp://a:25' },
  'tls.example': { to: 'smtp://a:25', tls: 'required' },
}

it('mail goes by its domain: exact before pattern, the closest pattern first, and nothing else at all', () => {
  const { to } = routes(relay)
  assert.equal(to('x', 'our.example')?.[0], 'smtp://a:25')
  assert.equal(to('x', 'sub.our.example')?.[0], 'smtp://b:25')
  assert.equal(to('x', 'x.deep.our.example')?.[0], 'smtp://c:25')
  for (const stranger of ['example', 'notour.example', 'our.example.org', '[192.0.2.1]', '']) {
    assert.equal(to('x', stranger), undefined, stranger)
  }
})

it('domains that go to the same place in the same way share a transport', () => {
  const { route, opened } = routes(relay)
  const transport = (domain: string) => route({ local: 'x', domain })?.transport
  assert.equal(transport('our.example'), transport('other.example'))
  assert.notEqual(transport('our.example'), transport('tls.example'))
  assert.equal(opened.length, 4)
})

it('SRV-09: mail to <postmaster> goes to the first domain, or where the configuration says', () => {
  assert.deepEqual(routes(relay).to('PostMaster', ''), ['smtp://a:25', 'postmaster@our.example'])
  const elsewhere = routes(relay, { local: 'ann', domain: 'x.our.example' })
  assert.deepEqual(elsewhere.to('postmaster', ''), ['smtp://b:25', 'ann@x.our.example'])
})

it('SRV-09: postmaster and abuse are exempt in our domains, however they are written, and nowhere else', () => {
  const { isExempt } = routes(relay)
  for (const local of ['postmaster', 'POSTMASTER', '"Postmaster"', 'abuse']) {
    assert.equal(isExempt({ local, domain: 'our.example' }), true, local)
    assert.equal(isExempt({ local, domain: 'x.our.example' }), true, local)
    assert.equal(isExempt({ local, domain: 'stranger.example' }), false, local)
  }
  assert.equal(isExempt({ local: 'Postmaster', domain: '' }), true)
  assert.equal(isExempt({ local: 'abuse', domain: '' }), false)
  assert.equal(isExempt({ local: 'bob', domain: 'our.example' }), false)
})

it('SRV-20: no mail goes to an address that names its own route', () => {
  const { to } = routes(relay)
  for (const local of ['u%other.example', 'other.example!u', '"u@other.example"'])
    assert.equal(to(local, 'our.example'), undefined)
})

it('a next hop has the time that the configuration gives it, and the usual time for the rest', async t => {
  const hop = await startNextHop({ script: { connect: 'hang' } })
  t.after(() => hop.close())
  const relay = relaysSchema.parse({ 'our.example': { to: `smtp://127.0.0.1:${hop.port}`, timeouts: { greetingMs: 20 } } })
  assert.deepEqual(relay['our.example']?.timeouts, { ...relayTimeouts, greetingMs: 20 })
  const { route, close } = openRoutes(
    { relay, hostname: 'mx.our.example', folder: '/', workers: 1, postmaster: undefined },
    openRelay,
  )
  const bob = { local: 'bob', domain: 'our.example' }
  const reply = await route(bob)?.transport.begin(transaction()).ask(bob)
  assert.match(reply?.detail ?? '', /within 20 ms/)
  close()
})
