import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { ok } from '../../src/mail/reply.ts'
import { EdgeCounts } from '../../src/metrics/edge.ts'
import { defaultLimits, type Limits } from '../../src/smtp/limits.ts'
import { Client } from './dialogue.ts'
import { letter, limitsReached, openEdge, opening, sum, type TestEdge, tlsFiles } from './edge.ts'

interface MessageCase extends Pick<Case, 'limits' | 'hears'> {
  readonly text: string
  readonly fault: string
}

interface Case {
  readonly limits: Partial<Limits>
  readonly attack: (client: Client) => void | Promise<void>
  /** What the client hears at the end. */
  readonly hears: RegExp
  readonly ending: string
}

/** The header of a TLS record, of which 512 bytes follow. */
const startOfHandshake = '\x16\x03\x01\x02\x00'
const introduction = opening.slice(0, 2)
const drip =
  (text: string, ms = 10) =>
  (client: Client) => {
    const timer = setInterval(() => client.write(text), ms)
    client.socket.once('close', () => clearInterval(timer))
  }
const after =
  (lines: readonly string[], attack: Case['attack'] = () => {}): Case['attack'] =>
  async client => {
    await client.accepted(...lines)
    await attack(client)
  }

/** What ends a session, by the limit. */
const cases: Readonly<Record<string, Case>> = {
  commandMs: { limits: { commandMs: 60 }, attack: drip('x'), hears: /421 4\.4\.2 .* a command/, ending: 'timed out' },
  sessionMs: {
    limits: { sessionMs: 60, junkCommands: 1000 },
    attack: drip('NOOP\r\n'),
    hears: /421 4\.4\.2 .* a message to be completed/,
    ending: 'timed out',
  },
  dataBlockMs: {
    limits: { dataBlockMs: 60 },
    attack: after(opening),
    hears: /421 4\.4\.2 .* more of the message/,
    ending: 'timed out',
  },
  dataBytesPerSecond: {
    limits: { dataBlockMs: 60, dataBytesPerSecond: 1000 },
    attack: after(opening, drip('x', 5)),
    hears: /421 4\.4\.2 .* too slowly/,
    ending: 'timed out',
  },
  errors: {
    limits: { errors: 3 },
    attack: drip('FOO\r\n', 1),
    hears: /421 4\.7\.0 Too many errors/,
    ending: 'refused by the protocol',
  },
  junkCommands: {
    limits: { junkCommands: 3 },
    attack: drip('NOOP\r\n', 1),
    hears: /421 4\.7\.0 Too many commands/,
    ending: 'refused by the protocol',
  },
  refusedRecipients: {
    limits: { refusedRecipients: 3 },
    attack: after(introduction, drip('RCPT TO:<a@other.example>\r\n', 1)),
    hears: /421 4\.7\.0 Too many refused/,
    ending: 'refused by the protocol',
  },
  deferredRecipients: {
    limits: { deferredRecipients: 3 },
    attack: after(introduction, drip('RCPT TO:<later@our.example>\r\n', 1)),
    hears: /421 4\.7\.0 Too many recipients/,
    ending: 'refused by the protocol',
  },
}

/** What a message is refused for, by the limit. */
const messages: Readonly<Record<string, MessageCase>> = {
  messageBytes: { fault: 'too-big', limits: { messageBytes: 100 }, text: `${'x'.repeat(200)}\r\n`, hears: /^552 5\.3\.4 / },
  slackBytes: {
    fault: 'too-big',
    limits: { messageBytes: 100, slackBytes: 100 },
    text: `${'x'.repeat(300)}\r\n`.repeat(2),
    hears: /^552 5\.3\.4 /,
  },
  lineBytes: {
    fault: 'line-too-long',
    limits: { lineBytes: 1000 },
    text: `${letter}${'x'.repeat(2000)}\r\n`,
    hears: /^554 .* line .* too long/,
  },
  headerBytes: {
    fault: 'header-too-big',
    limits: { headerBytes: 1024 },
    text: `A: ${'x'.repeat(1500)}\r\n\r\n`,
    hears: /^554 .* header section .* too large/,
  },
  headerFields: {
    fault: 'too-many-fields',
    limits: { headerFields: 2 },
    text: 'A: 1\r\nB: 2\r\nC: 3\r\n\r\n',
    hears: /^554 .* too many header fields/,
  },
  continuationLines: {
    fault: 'field-too-long',
    limits: { continuationLines: 1 },
    text: 'A: 1\r\n 2\r\n 3\r\n\r\n',
    hears: /^554 .* too many lines/,
  },
}

describe('every limit has its own words and its own count', () => {
  for (const [limit, { limits, attack, hears, ending }] of Object.entries(cases)) {
    it(`${limit} ends a session`, async () => {
      await using edge = await openEdge({ limits })
      edge.nextHop.toRcpt = to => (to.local !== 'later' ? ok : { code: 451, status: '4.7.1', text: 'Later' })
      const client = await Client.greeted(edge.port)
      await attack(client)
      assert.match(await client.closed(), hears)
      const trace = await edge.traced()
      assert.deepEqual([trace.ending, trace.limit], [ending, limit])
      assert.deepEqual(reached(edge), { [limit]: 1 })
    })
  }

  for (const [limit, { limits, text, hears, fault }] of Object.entries(messages)) {
    it(`${limit} refuses a message`, async () => {
      await using edge = await openEdge({ limits })
      const client = await Client.greeted(edge.port)
      await client.accepted(...opening)
      client.write(`${text}.\r\n`)
      assert.match(await client.reply(), hears)
      const trace = await edge.traced()
      assert.deepEqual([trace.ending, trace.limit], ['refused by the protocol', limit])
      assert.deepEqual(faults(edge), { [fault]: 1 })
      assert.deepEqual(reached(edge), limit === 'slackBytes' ? { slackBytes: 1 } : {})
      client.destroy()
    })
  }

  it('messageBytes refuses what is announced, commandBytes a line, recipients what is too many', async () => {
    await using edge = await openEdge({ limits: { messageBytes: 1000 }, over: { maxRecipients: 1 } })
    const client = await Client.greeted(edge.port)
    await client.accepted('EHLO client.example')
    assert.match(await client.say('MAIL FROM:<a@example.com> SIZE=1001'), /^552 5\.3\.4 /)
    assert.match(await client.say(`NOOP ${'x'.repeat(600)}`), /^500 5\.5\.2 Line too long/)
    await client.accepted('MAIL FROM:<a@example.com>', 'RCPT TO:<a@our.example>')
    assert.match(await client.say('RCPT TO:<b@our.example>'), /^452 4\.5\.3 Too many recipients/)
    assert.deepEqual(reached(edge), { recipients: 1, messageBytes: 1, commandBytes: 1 })
    client.destroy()
  })

  it('sessionMessages and sessionBytes end a session behind a message, and the trace of what is left of it says so', async () => {
    for (const [limit, limits] of [
      ['sessionMessages', { sessionMessages: 2 }],
      ['sessionBytes', { sessionBytes: 2 * letter.length + 100 }],
    ] as const) {
      await using edge = await openEdge({ limits })
      const client = await Client.greeted(edge.port)
      await client.accepted(...opening, `${letter}.`, ...opening.slice(1), `${letter}.`)
      await client.expect('421 4.7.0 Too many')
      await client.closed()
      const { id } = await edge.traced(({ ending }) => ending === 'refused by the protocol')
      assert.match(id, /\.3$/)
      assert.deepEqual(
        edge.traces.map(({ ending, limit }) => limit ?? ending),
        ['answered', 'answered', limit],
      )
      assert.deepEqual(reached(edge), { [limit]: 1 })
    }
  })

  it('connections are refused for the address, the network, the rate, or the house', async () => {
    for (const [limit, hears] of [
      ['connectionsPerAddress', / from your address/],
      ['connectionsPerNetwork', / from your network/],
      ['newPerMinute', / new connections /],
      ['connections', / connections, /],
    ] as const) {
      await using edge = await openEdge({ limits: { [limit]: 1 } })
      const first = await Client.greeted(edge.port)
      const second = await Client.connect(edge.port)
      assert.match(await second.closed(), hears)
      assert.deepEqual(reached(edge), { [limit]: 1 })
      first.destroy()
    }
  })

  it('handshakes that are too many are put off, and those that take too long are over', async () => {
    const limits = { handshakes: 1, tlsHandshakeMs: 300 }
    await using edge = await openEdge({ tls: tlsFiles, listeners: [{}, { tls: 'implicit' }], limits })
    const [slow, other] = [await Client.greeted(edge.port), await Client.greeted(edge.port)]
    await slow.accepted('EHLO client.example', 'STARTTLS')
    await other.accepted('EHLO client.example')
    assert.match(await other.say('STARTTLS'), /^454 4\.7\.0 Too many TLS handshakes/)
    const implicit = await Client.connect(edge.ports[1] ?? 0)
    assert.equal(await implicit.closed(), '')
    // A byte now and then is no progress.
    slow.write(startOfHandshake)
    drip('\x01', 20)(slow)
    await slow.closed()
    const trickling = await Client.connect(edge.ports[1] ?? 0)
    trickling.write(startOfHandshake)
    drip('\x01', 20)(trickling)
    await trickling.closed()
    assert.deepEqual(reached(edge), { handshakes: 2, tlsHandshakeMs: 2 })
    await other.accepted('STARTTLS')
    await other.secure()
    await other.accepted('EHLO client.example')
    other.destroy()
  })

  it('a PROXY header that takes too long is counted', async () => {
    const network = { text: 'any', contains: () => true }
    await using edge = await openEdge({ listeners: [{ proxyProtocol: [network] }], limits: { proxyHeaderMs: 100 } })
    const client = await Client.connect(edge.port)
    drip('P', 1000)(client)
    await client.closed()
    assert.deepEqual(reached(edge), { proxyHeaderMs: 1 })
  })

  it('our own answers have theirs', async () => {
    for (const [limit, hang] of [
      ['answerMs', 'toRcpt'],
      ['messageAnswerMs', 'beforeTaking'],
    ] as const) {
      await using edge = await openEdge({ limits: { [limit]: 50 } })
      edge.nextHop[hang] = () => new Promise<never>(() => {})
      const client = await Client.greeted(edge.port)
      client.write(`${opening.slice(0, 3).join('\r\n')}\r\n`)
      if (limit === 'messageAnswerMs') {
        for (let i = 0; i < 3; i++) await client.expect(250)
        await client.accepted('DATA')
        client.write(`${letter}.\r\n`)
      }
      assert.match(await client.closed(), /421 4\.3\.0 /)
      assert.deepEqual(reached(edge), { [limit]: 1 })
    }
  })
})

it('every limit stands in the documentation', () => {
  const page = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8')
  const { refused, cut, denied } = new EdgeCounts()
  const counted = [refused, cut, denied].flatMap(({ all }) => all.flatMap(([labels]) => labels))
  const settings = [...Object.keys(defaultLimits.stress), ...Object.keys(messages), ...counted]
  assert.deepEqual(
    settings.filter(name => !page.includes(`\`${name}\``)),
    [],
  )
})

describe('nothing can be done for ever', () => {
  it('recipients that are named again and again, commands of strangers, and senders that are refused', async () => {
    for (const [lines, again] of [
      [opening.slice(0, 3), 'RCPT TO:<b@our.example>'],
      [opening.slice(0, 1), 'XCLIENT ADDR=192.0.2.1'],
      [opening.slice(0, 1), 'MAIL FROM:<a@example.com> SIZE=99999999999'],
    ] as const) {
      await using edge = await openEdge({ over: { maxRecipients: 5 } })
      const client = await Client.greeted(edge.port)
      await client.accepted(...lines)
      client.write(`${again}\r\n`.repeat(50))
      assert.match(await client.closed(), /421 4\.7\.0 Too many commands/, again)
      assert.equal(reached(edge).junkCommands, 1)
    }
  })

  it('more errors than smtp-server would bear are the limit when the configuration says so', async () => {
    await using edge = await openEdge({ limits: { errors: 30 } })
    const client = await Client.greeted(edge.port)
    for (let i = 0; i < 29; i++) await client.say('FOO')
    assert.match(await client.say('FOO'), /^500 /)
    await client.expect(421)
    await client.closed()
  })

  it('whoever has been refused and does not go takes no place of others', async () => {
    await using edge = await openEdge({ limits: { connections: 4, connectionsPerAddress: 1 } })
    const first = await Client.greeted(edge.port)
    const refused: Client[] = []
    for (let i = 0; i < 10; i++) {
      const client = await Client.connect(edge.port)
      await client.expect(421)
      refused.push(client)
    }
    const other = await Client.connect(edge.port, { localAddress: '127.0.0.2' })
    await other.expect(220)
    assert.equal(edge.server.counts.leaving, 10)
    for (const client of [first, other, ...refused]) client.destroy()
    while (edge.server.counts.open) await new Promise(setImmediate)
    assert.equal(edge.server.counts.leaving, 0)
  })
})

function reached(edge: TestEdge): Record<string, number> {
  return limitsReached(edge.server)
}

/** The faults of messages. */
function faults(edge: TestEdge): Record<string, number> {
  return sum(edge.server.seen.flatMap(({ faults }) => faults.all))
}
