import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Violation } from 'postern'
import { ListWatch, listsOf } from 'postern/facts'
import { memoryStore, type Zone, zoneDns } from 'postern/testing'
import { parse } from 'yaml'
import type { AnyPolicy } from '../../src/engine/policy.ts'
import type { Rule } from '../../src/engine/rule.ts'
import { letter, stage, to } from '../engine/stage.ts'

const folder = join(import.meta.dirname, '../../policies')
const settings: readonly { readonly use: string; readonly options?: object }[] = parse(
  readFileSync(join(folder, 'default.yaml'), 'utf8'),
)

const rules = await Promise.all(settings.map(ruleOf))

async function ruleOf({ use, options: given = {} }: (typeof settings)[number]): Promise<Rule> {
  const policy: AnyPolicy = (await import(join(folder, `${use}.ts`))).default
  const options = policy.options.parse(given)
  return {
    name: use,
    policy,
    phase: policy.phase,
    options,
    facts: policy.facts(options),
    store: memoryStore(() => new Date(0)),
    mode: 'enforce',
    onError: policy.onError,
    timeoutMs: 1000,
    always: false,
  }
}

interface Case {
  readonly zone: Zone
  readonly helo?: string
  readonly violations?: readonly Violation[]
}

/** What becomes of a letter from 192.0.2.1: the points, the outcome, and who decided. */
async function judge({ zone, helo = 'mx.sender.example', violations = [] }: Case) {
  const dns = zoneDns({ ...ordinary, ...zone })
  const lists = new ListWatch({ dns, lists: listsOf(rules.flatMap(rule => Object.values(rule.facts))), report: () => {} })
  await lists.test()
  const { conversation, traces } = stage(rules, { world: { now: () => new Date(0), dns: lists } })
  await conversation.connect()
  await conversation.helo(helo, { esmtp: true })
  await conversation.identify({ violations })
  await conversation.mail({ local: 'alice', domain: 'sender.example' })
  const { code } = await conversation.rcpt(to('bob'))
  if (code === 250) await conversation.message(letter())
  conversation.close('quit')
  const recipient = traces[0]?.recipients[0]
  return `${Math.round((recipient?.score ?? 0) * 10) / 10} ${recipient?.outcome} ${recipient?.rule ?? ''}`.trim()
}

const zen = '1.2.0.192.zen.spamhaus.org'
const pointer = '1.2.0.192.in-addr.arpa'
const dynamic = 'dsl-192-0-2-1.isp.example'

const ordinary: Zone = {
  [pointer]: { PTR: ['mx.sender.example'] },
  'mx.sender.example': { A: ['192.0.2.1'] },
  'sender.example': { MX: [{ preference: 10, exchange: 'mx.sender.example' }], TXT: ['v=spf1 mx -all'] },
  '2.0.0.127.zen.spamhaus.org': { A: ['127.0.0.2', '127.0.0.4', '127.0.0.10'] },
  '2.0.0.127.bl.spamcop.net': { A: ['127.0.0.2'] },
}

describe('the default set', () => {
  it('uses every policy once', () => {
    const names = readdirSync(folder).filter(file => file.endsWith('.ts'))
    assert.deepEqual(settings.map(({ use }) => `${use}.ts`).sort(), names.sort())
  })

  it('has nothing against ordinary mail', async () => {
    assert.equal(await judge({ zone: {} }), '0 delivered')
  })

  // The cases of the default set's scenario table, without what SPF, DKIM and DMARC have to say.
  it('case 1: a new machine with a generic, confirmed name', async () => {
    const name = 'vps-192-0-2-1.hoster.example'
    assert.equal(await judge({ zone: { [pointer]: { PTR: [name] }, [name]: { A: ['192.0.2.1'] } } }), '1 delivered')
  })

  it('case 2: a server at home, in PBL space, with a dynamic name', async () => {
    const zone = { [zen]: { A: ['127.0.0.10'] }, [pointer]: { PTR: [dynamic] }, [dynamic]: { A: ['192.0.2.1'] } }
    assert.equal(await judge({ zone }), '5 delivered')
  })

  it('case 3: the Exchange server of an office, without reverse DNS', async () => {
    assert.equal(await judge({ zone: { [pointer]: {} }, helo: 'exchange.office.local' }), '2.5 delivered')
  })

  it('case 4: a bot, with what can be known of it before its message', async () => {
    const zone = { [zen]: { A: ['127.0.0.4'] }, [pointer]: { PTR: [dynamic] }, [dynamic]: { A: ['192.0.2.1'] } }
    assert.equal(await judge({ zone, helo: 'win-abc' }), '9.5 quarantined score-limit')
    assert.equal(await judge({ zone, helo: 'win-abc', violations: ['talked-before-greeting'] }), '13.5 rejected score-limit')
  })

  it('case 11: a blocklist that refuses to answer', async () => {
    assert.equal(await judge({ zone: { '*.zen.spamhaus.org': { A: ['127.255.255.254'] } } }), '0 delivered')
  })

  it('case 12: no DNS at all', async () => {
    const zone: Zone = Object.fromEntries(Object.keys(ordinary).map(name => [name, 'temperror']))
    assert.equal(await judge({ zone: { ...zone, [zen]: 'temperror', '1.2.0.192.bl.spamcop.net': 'temperror' } }), '0 delivered')
  })

  it('a blocklist that lists the whole world hurts nobody', async () => {
    assert.equal(await judge({ zone: { '*.bl.spamcop.net': { A: ['127.0.0.2'] } } }), '0 delivered')
  })
})
