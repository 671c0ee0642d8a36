import assert from 'node:assert/strict'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { parseExposition, type Sample, totalOf } from '../../fixtures/exposition.ts'
import type { SmtpClient } from '../../fixtures/smtp-client.ts'
import { readConfiguration } from '../../src/cli/startup.ts'
import { expose } from '../../src/metrics/report.ts'
import { plain, send, startGateway, type TestGateway } from './gateway.ts'

const deny = '{ use: deny, options: { senders: [spam@sender.example], clients: [192.0.2.66] } }'
const watching = '{ use: deny, name: trial, mode: shadow, options: { senders: [ann@sender.example] } }'

async function read(gateway: TestGateway): Promise<Sample[]> {
  return parseExposition((await expose([await gateway.service.report()])).text)
}

/** Once nobody is connected any more: until then a session may not have been counted. */
async function readAtRest(gateway: TestGateway): Promise<Sample[]> {
  for (;;) {
    const samples = await read(gateway)
    if (totalOf(samples, 'postern_connections_open') === 0) return samples
    await turn()
  }
}

async function sendAndQuit(gateway: TestGateway, letter: Parameters<typeof send>[1] = {}, ip?: string): Promise<void> {
  const client = await gateway.client(ip)
  await send(client, letter)
  await client.quit()
}

it('counts what was sent: three accepted, two refused by a rule, one unknown', async () => {
  await using gateway = await startGateway({
    rules: `[${deny}, ${watching}, { use: sender-domain }]`,
    nextHop: { script: { rcpt: ({ recipient }) => (recipient.startsWith('nobody@') ? '550 5.1.1 No such user' : undefined) } },
  })
  for (let count = 0; count < 3; count++) await sendAndQuit(gateway)
  for (let count = 0; count < 2; count++) await sendAndQuit(gateway, { sender: 'spam@sender.example' })
  await sendAndQuit(gateway, { recipients: ['nobody@our.example'] })

  const samples = await readAtRest(gateway)
  const count = (name: string, labels: Readonly<Record<string, string>> = {}) => totalOf(samples, `postern_${name}`, labels)
  const hop = `smtp://127.0.0.1:${gateway.nextHop.port}`
  const counted = {
    connections: count('connections_total'),
    quit: count('sessions_total', { ending: 'quit' }),
    sessions: count('sessions_total'),
    open: count('sessions_open'),
    accepted: count('transactions_total', { outcome: 'accepted' }),
    rejected: count('transactions_total', { outcome: 'rejected' }),
    transactions: count('transactions_total'),
    messages: count('messages_accepted_total'),
    bytes: count('accepted_bytes_total'),
    delivered: count('recipients_total', { outcome: 'delivered', rule: '' }),
    denied: count('recipients_total', { outcome: 'rejected', rule: 'deny', reason: 'sender' }),
    unknown: count('recipients_total', { outcome: 'rejected', rule: '' }),
    verdicts: count('verdicts_total', { rule: 'deny', action: 'reject', reason: 'sender', mode: 'enforce' }),
    trial: count('verdicts_total', { rule: 'trial', action: 'reject', reason: 'sender', mode: 'shadow' }),
    hopYes: count('next_hop_recipients_total', { hop, class: '2xx' }),
    hopNo: count('next_hop_recipients_total', { hop, class: '5xx' }),
    hopMessages: count('next_hop_seconds_count', { hop, step: 'message' }),
    hopAsked: count('next_hop_seconds_count', { hop, step: 'recipient' }),
    connects: count('next_hop_connects_total', { hop, result: 'ok' }),
    up: count('next_hop_up', { hop }),
    denials: count('replies_total', { command: 'RCPT', code: '554' }),
    ends: count('replies_total', { command: 'DATA', code: '250' }),
    atMail: count('phase_seconds_count', { phase: 'mail' }),
    atMessage: count('phase_seconds_count', { phase: 'message' }),
    domains: count('fact_seconds_count', { fact: 'sender-domain' }),
    spool: count('spool_bytes'),
    ready: count('ready'),
  }
  assert.deepEqual(counted, {
    connections: 6,
    quit: 6,
    sessions: 6,
    open: 0,
    accepted: 3,
    rejected: 3,
    transactions: 6,
    messages: 3,
    bytes: 3 * plain.length,
    delivered: 3,
    denied: 2,
    unknown: 1,
    verdicts: 2,
    trial: 4,
    hopYes: 3,
    hopNo: 1,
    hopMessages: 3,
    hopAsked: 4,
    connects: gateway.nextHop.connections,
    up: 1,
    denials: 2,
    ends: 3,
    atMail: 6,
    atMessage: 3,
    domains: 6,
    spool: 0,
    ready: 1,
  })
})

it('facts of a connection are counted once, however many messages come by it', async () => {
  await using gateway = await startGateway({ rules: '[{ use: reverse-dns }]' })
  const client = await gateway.client()
  for (let count = 0; count < 5; count++) await send(client)
  await client.quit()
  const samples = await readAtRest(gateway)
  assert.equal(totalOf(samples, 'postern_messages_accepted_total'), 5)
  assert.equal(totalOf(samples, 'postern_fact_seconds_count', { fact: 'reverse-dns' }), 1)
})

it('each limit has a name of its own', async () => {
  await using gateway = await startGateway({
    limits:
      'limits: { greetDelayMs: 0, refusalDelayMs: 0, connectionsPerAddress: 2, connectionsPerNetwork: 3, newPerMinute: 4, errors: 2, junkCommands: 3, refusedRecipients: 1 }',
  })
  const samples = async (name: string, limit: string) => totalOf(await read(gateway), `postern_${name}`, { limit })
  const held: SmtpClient[] = []
  for (const ip of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.3']) held.push(await gateway.client(ip))
  assert.equal(await samples('connections_refused_total', 'connectionsPerAddress'), 1)
  assert.equal(await samples('connections_refused_total', 'connectionsPerNetwork'), 1)
  for (const client of held) client.leave()
  await readAtRest(gateway)
  for (let count = 0; count < 5; count++) {
    const client = await gateway.client('198.51.100.1')
    client.leave()
    await readAtRest(gateway)
  }
  assert.equal(await samples('connections_refused_total', 'newPerMinute'), 1)

  const cuts = [
    ['errors', ['FOO', 'BAR']],
    ['junkCommands', ['NOOP', 'NOOP', 'NOOP', 'NOOP']],
    ['refusedRecipients', ['EHLO x', 'MAIL FROM:<a@sender.example>', 'RCPT TO:<a@other.example>']],
  ] as const
  for (const [index, [limit, commands]] of cuts.entries()) {
    const client = await gateway.client(`203.0.113.${index}`)
    for (const command of commands) await client.say(command)
    assert.equal((await client.answer()).code, 421)
    assert.equal(await samples('sessions_cut_total', limit), 1, limit)
  }
})

it('a message that breaks the form is told by its fault', async () => {
  await using gateway = await startGateway()
  const client = await gateway.client()
  await client.say('EHLO x')
  await client.say('MAIL FROM:<ann@sender.example>')
  await client.say('RCPT TO:<bob@our.example>')
  await client.say('DATA')
  client.write('Subject: a\n\r\n.\r\n')
  assert.equal((await client.answer()).code, 550)
  const samples = await read(gateway)
  assert.equal(totalOf(samples, 'postern_message_faults_total', { fault: 'bare-lf' }), 1)
  assert.equal(totalOf(samples, 'postern_transactions_total', { outcome: 'rejected' }), 1)
  assert.equal(totalOf(samples, 'postern_message_size_bytes_count'), 0)
})

it('a next hop that is lost shows, and mail had better go elsewhere', async () => {
  await using gateway = await startGateway({ to: 'smtp://127.0.0.1:1' })
  const { rcpts } = await send(await gateway.client())
  assert.equal(rcpts[0]?.code, 451)
  const report = await gateway.service.report()
  assert.deepEqual(report.unready, ['no next hop can be reached'])
  const samples = parseExposition((await expose([report])).text)
  assert.equal(totalOf(samples, 'postern_next_hop_up', { hop: 'smtp://127.0.0.1:1' }), 0)
  assert.equal(totalOf(samples, 'postern_next_hop_connects_total', { result: 'unreachable' }), 1)
  assert.equal(totalOf(samples, 'postern_ready'), 0)
})

it('bytes and files of a large message are seen while it comes in, and are gone when it is gone', async () => {
  await using gateway = await startGateway({ limits: 'limits: { greetDelayMs: 0, memoryBytes: 65536 }' })
  const client = await gateway.client()
  for (const line of ['EHLO x', 'MAIL FROM:<ann@sender.example>', 'RCPT TO:<bob@our.example>', 'DATA']) await client.say(line)
  const size = 200_000
  client.write(Buffer.concat([plain, Buffer.alloc(size - plain.length, 'a line of text\r\n')]))
  for (;;) {
    const samples = await read(gateway)
    if (totalOf(samples, 'postern_spool_files') === 1 && (totalOf(samples, 'postern_spool_bytes') ?? 0) > size - 20) break
    await turn()
  }
  client.leave()
  const samples = await readAtRest(gateway)
  assert.equal(totalOf(samples, 'postern_spool_bytes'), 0)
  for (;;) {
    if (totalOf(await read(gateway), 'postern_spool_files') === 0) break
    await turn()
  }
})

it('a reload goes on counting, and a broken one is told', async () => {
  await using gateway = await startGateway({ rules: '[{ use: sender-domain }]' })
  await sendAndQuit(gateway)
  const before = await readAtRest(gateway)
  await gateway.service.reload({ problems: [] })
  const broken = await read(gateway)
  assert.equal(totalOf(broken, 'postern_last_reload_successful'), 0)
  assert.equal(totalOf(broken, 'postern_reloads_total', { result: 'failed' }), 1)
  const file = join(gateway.folder, 'postern.yaml')
  await appendFile(file, 'mode: observe\n')
  await gateway.service.reload(await readConfiguration(file))
  await sendAndQuit(gateway)
  const after = await readAtRest(gateway)
  assert.equal(totalOf(after, 'postern_last_reload_successful'), 1)
  assert.equal(totalOf(after, 'postern_reloads_total', { result: 'ok' }), 1)
  assert.equal(totalOf(after, 'postern_messages_accepted_total'), 2)
  assert.equal(totalOf(after, 'postern_verdicts_total', { rule: 'sender-domain', mode: 'observe' }), 1)
  const questions = (samples: readonly Sample[]) => totalOf(samples, 'postern_dns_questions_total') ?? 0
  assert.ok(questions(before) > 0 && questions(after) > questions(before))
  const build = (samples: readonly Sample[]) => samples.find(({ name }) => name === 'postern_build_info')?.labels.configuration
  assert.notEqual(build(before), build(after))
})
