import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { it, type TestContext } from 'node:test'
import { SmtpClient } from '../../fixtures/smtp-client.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

async function start(t: TestContext, { port = 0, data = 'data', metrics = '127.0.0.1:0' } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-signals-'))
  const text = `hostname: mx.our.example
data: ${data}
listen: [{ address: "127.0.0.1:${port}", proxyProtocol: [127.0.0.1] }]
relay: { our.example: { to: "maildir:mail" } }
limits: { greetDelayMs: 0 }
rules: []
metrics: { listen: "${metrics}" }
`
  await writeFile(join(folder, 'postern.yaml'), text)
  const child = spawn(process.execPath, [main, 'run'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(async () => {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true })
  })
  return child
}

/** The first line of the log with this text. */
async function line(child: Awaited<ReturnType<typeof start>>, text: string): Promise<Record<string, unknown>> {
  for await (const line of createInterface({ input: child.stdout })) {
    const entry: Record<string, unknown> = JSON.parse(line)
    if (entry.msg === text) return entry
  }
  throw new Error(`The log ended without "${text}"`)
}

async function ending(child: Awaited<ReturnType<typeof start>>) {
  const errors: Buffer[] = []
  child.stderr.on('data', chunk => errors.push(chunk))
  const [code] = await once(child, 'close', { signal: AbortSignal.timeout(15_000) })
  return { code, errors: Buffer.concat(errors).toString() }
}

it('a second signal ends at once what the first lets finish', async t => {
  const child = await start(t)
  const { port } = await line(child, 'listening for mail')
  const client = await SmtpClient.open({ port: Number(port), ip: '192.0.2.10' })
  t.after(() => client.leave())
  await client.answer()
  for (const text of ['EHLO x', 'MAIL FROM:<a@sender.example>', 'RCPT TO:<bob@our.example>', 'DATA']) await client.say(text)
  const stopping = line(child, 'stopping')
  child.kill('SIGTERM')
  await stopping
  // The message never ends: alone, the first signal would wait for it.
  child.kill('SIGINT')
  assert.equal((await ending(child)).code, 1)
})

it('an address that is taken is told where it stands, and nothing starts', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  // A listening TCP server has an address and a port.
  const { port } = other.address() as AddressInfo
  assert.deepEqual(await ending(await start(t, { port })), {
    code: 1,
    errors: `postern.yaml:3:21: listen[0].address: expected an address that is free, found 127.0.0.1:${port}, which another program listens on\n`,
  })
})

it('the same for the metrics, and mail is not taken either', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  // A listening TCP server has an address and a port.
  const { port } = other.address() as AddressInfo
  const { code, errors } = await ending(await start(t, { metrics: `127.0.0.1:${port}` }))
  assert.equal(code, 1)
  assert.match(
    errors,
    /^postern\.yaml:7:20: metrics\.listen: expected an address that is free, found 127\.0\.0\.1:\d+, which another/,
  )
})

it('a data folder that cannot be made is told where it stands', async t => {
  assert.deepEqual(await ending(await start(t, { data: '/no-such-folder/data' })), {
    code: 1,
    errors: 'postern.yaml:2:7: data: expected a folder that we may write to, found no /no-such-folder/data\n',
  })
})
