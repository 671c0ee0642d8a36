import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { it, type TestContext } from 'node:test'
import { startDnsServer } from '../../fixtures/dns-server.ts'
import { SmtpClient } from '../../fixtures/smtp-client.ts'
import { goodZone, plain, send } from '../functional/gateway.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

/** A folder with a configuration in it, gone after the test. */
async function folderWith(t: TestContext, configuration: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-cli-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'postern.yaml'), configuration)
  return folder
}

async function withDns(t: TestContext, rules: string): Promise<string> {
  const dns = await startDnsServer({ ...goodZone, '66.113.0.203.bl.test': { A: ['127.0.0.2'] } })
  t.after(() => dns.close())
  return folderWith(
    t,
    `hostname: mx.our.example
dns: { servers: ["${dns.address}"], timeoutMs: 300 }
listen: [{ address: "127.0.0.1:0", proxyProtocol: [127.0.0.1] }]
relay: { our.example: { to: "maildir:mail" } }
limits: { greetDelayMs: 0 }
rules: ${rules}
`,
  )
}

/** Runs a command to its end, without holding up the servers of this process. */
async function postern(folder: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors] = [[] as Buffer[], [] as Buffer[]]
  child.stdout.on('data', chunk => output.push(chunk))
  child.stderr.on('data', chunk => errors.push(chunk))
  const [code] = await once(child, 'close', { signal: AbortSignal.timeout(15_000) })
  return { code, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() }
}

/** `postern run`, and the port that it listens on. */
async function running(t: TestContext, folder: string) {
  const child = spawn(process.execPath, [main, 'run'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })
  const log: Record<string, unknown>[] = []
  const port = await new Promise<number>(resolve => {
    lines.on('line', line => {
      const entry = JSON.parse(line)
      log.push(entry)
      if (entry.msg === 'listening for mail') resolve(entry.port)
    })
  })
  return { child, port, log }
}

async function clientOf(port: number): Promise<SmtpClient> {
  const client = await SmtpClient.open({ port, ip: '192.0.2.10' })
  await client.answer()
  return client
}

const blocklist =
  '[{ use: dnsbl, options: { lists: [{ zone: bl.test, codes: { 127.0.0.2: 6 } }] } }, { use: score-limit, options: { quarantineAt: 3, rejectAt: 6 } }]'
const envelope = ['--helo', 'mx.x.example', '--from', 'ann@sender.example', '--rcpt', 'bob@our.example']

it('usage errors and broken configurations end with 2', async t => {
  const folder = await folderWith(t, 'hostname: [')
  const { code, errors } = await postern(folder, 'check')
  assert.equal(code, 2)
  assert.match(errors, /^postern\.yaml:1:\d+: /)
  assert.equal((await postern(folder, 'no-such-command')).code, 2)
})

it('commands have --help', () => {
  for (const command of ['explain', 'policy list']) {
    const { status, stdout } = spawnSync(process.execPath, [main, ...command.split(' '), '--help'], { encoding: 'utf8' })
    assert.equal(status, 0, command)
    assert.match(stdout, /^Usage: postern /)
  }
})

it('policy list names every policy, also as JSON', async t => {
  const folder = await folderWith(t, '')
  assert.match((await postern(folder, 'policy', 'list')).output, /^reverse-dns +connect/m)
  const listed: { readonly name: string }[] = JSON.parse((await postern(folder, 'policy', 'list', '--json')).output)
  assert.ok(listed.some(({ name }) => name === 'score-limit'))
})

it('explain tells facts, verdicts, the sum, the reply, and what would have made it otherwise', async t => {
  const folder = await withDns(t, blocklist)
  await writeFile(join(folder, 'message.eml'), plain.toString().replaceAll('\r\n', '\n'))
  const { output } = await postern(folder, 'explain', 'message.eml', '--ip', '203.0.113.66', ...envelope)
  assert.match(output, /dnsbl\(bl\.test\).*listed/)
  assert.match(output, /connect +dnsbl .*\+6 +sum 6/)
  assert.match(output, /550 5\.7\.1 This message looks like spam/)
  assert.match(output, /without .*dnsbl/i)
})

it('explain delivers nothing and remembers nothing', async t => {
  const folder = await withDns(t, '[]')
  await writeFile(join(folder, 'message.eml'), plain)
  const { code, output } = await postern(folder, 'explain', 'message.eml', '--ip', '192.0.2.10', ...envelope, '--json')
  assert.equal(code, 0)
  assert.ok(JSON.parse(output))
  assert.deepEqual((await readdir(folder)).toSorted(), ['message.eml', 'postern.yaml'])
})

it('run judges, delivers, logs one line for each transaction, and ends with 0 on SIGTERM', async t => {
  const folder = await withDns(t, '[{ use: reverse-dns }]')
  const { child, port, log } = await running(t, folder)
  const client = await clientOf(port)
  assert.equal((await send(client)).data?.code, 250)
  await client.quit()
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  assert.equal(code, 0)
  assert.equal(log.filter(({ msg }) => msg === 'transaction').length, 1)
  assert.equal((await readdir(join(folder, 'mail/new'))).length, 1)
})

it('SRV-24: SIGTERM lets a message that is coming in be finished, and ends the rest with 421', async t => {
  const folder = await withDns(t, '[]')
  const { child, port } = await running(t, folder)
  const [busy, idle] = [await clientOf(port), await clientOf(port)]
  for (const line of ['EHLO x', 'MAIL FROM:<a@sender.example>', 'RCPT TO:<bob@our.example>', 'DATA']) await busy.say(line)
  child.kill('SIGTERM')
  assert.equal((await idle.answer()).code, 421)
  assert.equal((await busy.send(plain)).code, 250)
  assert.equal((await busy.answer()).code, 421)
  assert.equal((await once(child, 'exit'))[0], 0)
  assert.equal((await readdir(join(folder, 'mail/new'))).length, 1)
})

it('SRV-13: what was answered with 250 is there after we were killed', async t => {
  const folder = await withDns(t, '[]')
  const { child, port } = await running(t, folder)
  const client = await clientOf(port)
  assert.equal((await send(client)).data?.code, 250)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const [name = ''] = await readdir(join(folder, 'mail/new'))
  assert.ok((await readFile(join(folder, 'mail/new', name))).includes(plain))
})

it('SIGHUP puts a new configuration in force, and a broken one changes nothing', async t => {
  const folder = await withDns(t, '[]')
  const { child, port, log } = await running(t, folder)
  const file = join(folder, 'postern.yaml')
  const text = await readFile(file, 'utf8')
  const reload = async (next: string, until: string) => {
    await writeFile(file, next)
    child.kill('SIGHUP')
    const late = AbortSignal.timeout(10_000)
    while (!log.some(({ msg }) => String(msg).startsWith(until)))
      await new Promise((resolve, reject) => (late.aborted ? reject(late.reason) : setTimeout(resolve, 10)))
  }
  await reload(`${text}\nnonsense: 1`, 'the old configuration stays in force')
  assert.equal((await send(await clientOf(port))).data?.code, 250)
  await reload(
    text.replace('rules: []', 'rules: [{ use: deny, options: { clients: [192.0.2.10] } }]'),
    'the new configuration is in force',
  )
  assert.equal((await send(await clientOf(port))).rcpts[0]?.code, 554)
})
