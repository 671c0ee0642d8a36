import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { dkim } from 'postern/facts'
import { findFact, zoneDns } from 'postern/testing'
import { cells, quickCells } from '../bench/cells.ts'
import { compare } from '../bench/compared.ts'
import { faults } from '../bench/faults.ts'
import { signedMessage, sizes } from '../bench/message.ts'
import { readOptions } from '../bench/options.ts'
import { peers } from '../bench/peers.ts'
import { selfTimes } from '../bench/profile.ts'
import { withSection } from '../bench/report.ts'
import type { Sample } from '../bench/sample.ts'
import { sections } from '../bench/sections.ts'
import { median, short } from '../bench/statistics.ts'
import { zone } from '../bench/zone.ts'
import { MemoryMessage } from '../src/mail/message.ts'

const sample: Sample = {
  cell: '4k-c50',
  peer: 'node-min-relay',
  round: 0,
  messages: 1000,
  rate: 1000,
  cpuPerThousand: 0.25,
  latency: { mean: 1, p50: 1, p95: 2, p99: 3, most: 4 },
  memory: { before: 0, peak: 0, proportional: 0 },
  busy: { peer: 1, load: 0.5, other: 0 },
  questionsPerMessage: 0,
  errors: 0,
  errorSamples: [],
  faults: [],
}
const floor = [900, 1000, 5000].map((rate, round) => ({ ...sample, round, rate }))
const ours = [400, 600, 500].map((rate, round) => ({ ...sample, peer: 'postern-relay', round, rate, cpuPerThousand: 1 }))

describe('the numbers of the bench', () => {
  it('are medians: one round that went wrong does not count', () => {
    assert.equal(median([5, 1, 3]), 3)
    assert.equal(median([4, 1, 3, 2]), 2.5)
    assert.equal(median([10, 9, 100]), 10)
    assert.ok(Number.isNaN(median([])))
  })

  it('are written with three digits', () => {
    assert.deepEqual([1234.5, 123.4, 12.34, 1.234, 0.1234, 0, Number.NaN].map(short), [
      '1,235',
      '123',
      '12.3',
      '1.23',
      '0.12',
      '0',
      '–',
    ])
  })

  it('are compared with the floor of their kind', () => {
    const [first, second] = compare('4k-c50', [...ours, ...floor])
    assert.deepEqual([first?.peer, first?.rate, first?.floor], ['node-min-relay', 1000, undefined])
    assert.deepEqual([second?.peer, second?.rate, second?.floor?.rate], ['postern-relay', 500, 1000])
    const [section] = sections({ samples: [...floor, ...ours], idle: [] })
    assert.match(section?.text ?? '', /\| postern-relay +\| 500 \(×0\.5\) \| +1 \(×4\) \| +1 \| +2 \| +3 \|/)
  })

  it('say when something else has kept the machine busy', () => {
    const [section] = sections({ samples: [{ ...sample, busy: { ...sample.busy, other: 0.5 } }], idle: [] })
    assert.match(section?.text ?? '', /\| node-min-relay ~ \|/)
  })

  it('stand side by side when there are many loads', () => {
    const samples = ['4k-c1', '4k-c10', '4k-c50', '4k-c200', '1m-c1'].map((cell, at) => ({ ...sample, cell, rate: at + 1 }))
    const [section] = sections({ samples, idle: [] })
    assert.match(
      section?.text ?? '',
      /\*\*4k\*\*: messages a second\n\n\| peer +\| +c1 \| +c10 \| +c50 \| +c200 \|\n.*\n\| node-min-relay +\| +1 \| +2 \| +3 \| +4 \|/,
    )
  })

  it('replace those between the markers of the page, and no others', () => {
    const page = 'a\n<!-- bench tls -->\nold\n<!-- /bench tls -->\nb\n'
    assert.equal(
      withSection(page, { group: 'tls', text: 'new' }, 'today'),
      'a\n<!-- bench tls -->\ntoday\n\nnew\n<!-- /bench tls -->\nb\n',
    )
    assert.throws(() => withSection('nothing', { group: 'tls', text: 'new' }, 'today'), /has no <!-- bench tls -->/)
  })
})

describe('the bench finds out', () => {
  const outcome = {
    messages: 3,
    seconds: 1,
    rate: 3,
    bodyBytes: 10,
    numbers: 6,
    squares: 14,
    errors: 0,
    unfinished: 0,
    connections: 3,
    latency: null,
    cpu: 0,
    samples: [],
  }
  const before = { messages: 5, body: 50, numbers: 1, squares: 1, connections: 0, mostOpen: 0, cpu: 0 }
  const after = { ...before, messages: 8, body: 80, numbers: 7, squares: 15 }
  const found = (change: Partial<typeof after>, asked: Partial<typeof outcome> = {}, isRefused = false) =>
    faults({ isRefused }, { ...outcome, ...asked }, { before, after: { ...after, ...change } }).length

  it('when everything has arrived once', () => {
    assert.equal(found({}), 0)
  })

  it('when a message was lost, also among errors', () => {
    assert.equal(found({ messages: 7 }), 1)
    assert.equal(found({ messages: 7 }, { errors: 1 }), 1)
  })

  it('when a message was doubled; not when its sender heard no answer', () => {
    assert.equal(found({ messages: 9 }), 1)
    assert.equal(found({ messages: 9 }, { unfinished: 1 }), 0)
  })

  it('when one message was lost and another doubled', () => {
    assert.equal(found({ numbers: 8, squares: 20 }), 1)
  })

  it('when a body was changed', () => {
    assert.equal(found({ body: 79 }), 1)
  })

  it('when what was refused was relayed all the same', () => {
    assert.equal(found({}, {}, true), 1)
    assert.equal(found(before, { numbers: 0, squares: 0 }, true), 0)
  })
})

describe('the messages of the bench', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const [, key = ''] = /^sel\._domainkey\.bench-sender\.com TXT (.*)$/m.exec(zone(publicKey)) ?? []
  const dns = zoneDns({ 'sel._domainkey.bench-sender.com': { TXT: [key] } })

  for (const size of ['4k', '64k', '1m'] as const) {
    it(`of ${size} are as large as they say, and their signature holds`, async () => {
      const content = Buffer.from(signedMessage(size, privateKey, new Date(0)), 'latin1')
      assert.ok(Math.abs(content.length / sizes[size] - 1) < 0.1, `${content.length} octets`)
      const [found] = await findFact(dkim, { message: new MemoryMessage(content) }, dns)
      assert.deepEqual([found?.result, found?.domain], ['pass', 'bench-sender.com'])
    })
  }
})

describe('a profile', () => {
  it('is added up by package, file and function, without idle time', () => {
    const frame = (functionName: string, url: string, lineNumber = 0) => ({ functionName, url, lineNumber })
    const root = `file://${new URL('..', import.meta.url).pathname}`
    const { busy, byPackage, byFile, byFunction } = selfTimes({
      nodes: [
        { id: 1, callFrame: frame('(idle)', '') },
        { id: 2, callFrame: frame('read', `${root}src/mail/header.ts`, 9) },
        { id: 3, callFrame: frame('hash', `${root}node_modules/@some/package/index.js`) },
        { id: 4, callFrame: frame('(garbage collector)', '') },
      ],
      samples: [1, 2, 3, 2, 4],
      timeDeltas: [9000, 1000, 2000, 3000, 500],
    })
    assert.equal(busy, 6.5)
    assert.deepEqual(
      [...byPackage],
      [
        ['src/mail', 4],
        ['@some/package', 2],
        ['(garbage collector)', 0.5],
      ],
    )
    assert.equal(byFile.get('src/mail/header.ts'), 4)
    assert.equal(byFunction.get('read src/mail/header.ts:10'), 4)
  })
})

describe('the loads and peers', () => {
  it('are named once, and know each other', () => {
    assert.equal(new Set(cells.map(({ name }) => name)).size, cells.length)
    const names = new Set(peers.map(({ name }) => name))
    assert.equal(names.size, peers.length)
    const unknown = [...cells.flatMap(cell => cell.peers), ...peers.flatMap(({ floor }) => floor ?? [])].filter(
      name => !names.has(name),
    )
    assert.deepEqual(unknown, [])
  })

  it('are chosen by name or by group', () => {
    const { cells: chosen, peers: who } = readOptions(['--cells', 'refused,latency', '--peers', 'direct'])
    assert.deepEqual(
      chosen.map(({ name }) => name),
      ['latency', 'refused-one', 'refused-many'],
    )
    assert.deepEqual(
      who.map(({ name }) => name),
      ['direct'],
    )
    assert.deepEqual(readOptions(['--quick']).cells, quickCells)
    assert.throws(() => readOptions(['--cells', 'nothing']), /there is no nothing/)
    assert.throws(() => readOptions(['--rounds', 'many']), /--rounds: expected a number/)
  })
})
