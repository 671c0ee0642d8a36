import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { SmtpClient } from '../../../fixtures/smtp-client.ts'

const main = join(import.meta.dirname, '../../../src/cli/main.ts')
const patienceMs = 20_000

type Entry = Readonly<Record<string, unknown>>

/** `postern run` with two workers, in a folder of its own. */
export interface Running {
  readonly child: ChildProcess
  readonly port: number
  readonly folder: string
  readonly log: readonly Entry[]
  /** The first line of the log that is so, among those that have come and those that will come. */
  line(question: (entry: Entry) => boolean, from?: number): Promise<Entry>
  /** The process that is at work in a place now. */
  pid(worker: number): number
  /** Connects while all other workers stand still: so it must be this one that accepts. */
  clientOn(worker: number): Promise<SmtpClient>
  client(): Promise<SmtpClient>
  /** Writes another configuration, without telling anybody. */
  configure(lines: Readonly<Record<string, string>>): Promise<void>
  /** How many messages have been delivered. */
  delivered(): Promise<number>
}

const usual = {
  hostname: 'mx.our.example',
  workers: '2',
  listen: '[{ address: "127.0.0.1:0", proxyProtocol: [127.0.0.1] }]',
  relay: '{ our.example: { to: "maildir:mail" } }',
  limits: '{ greetDelayMs: 0, newPerMinute: 100000, connectionsPerAddress: 1000, connectionsPerNetwork: 1000 }',
  rules: '[]',
}

export async function run(t: TestContext, lines: Readonly<Record<string, string>> = {}): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-workers-'))
  const configure = (lines: Readonly<Record<string, string>>) =>
    writeFile(join(folder, 'postern.yaml'), yaml({ ...usual, ...lines }))
  await configure(lines)
  const child = spawn(process.execPath, [main, 'run'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  const log: Entry[] = []
  const news = new EventEmitter()
  createInterface({ input: child.stdout }).on('line', line => {
    log.push(JSON.parse(line))
    news.emit('line')
  })
  const line = async (question: (entry: Entry) => boolean, from = 0) => {
    const signal = AbortSignal.timeout(patienceMs)
    for (;;) {
      const found = log.slice(from).find(question)
      if (found) return found
      await once(news, 'line', { signal })
    }
  }
  const pid = (worker: number) => Number(log.findLast(each => each.msg === 'a worker is ready' && each.worker === worker)?.pid)
  t.after(async () => {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  const port = Number((await line(({ msg }) => msg === 'listening for mail')).port)
  const client = async () => {
    const opened = await SmtpClient.open({ port, ip: '192.0.2.10' })
    t.after(() => opened.leave())
    return opened
  }
  const clientOn = async (worker: number) => {
    const other = pid(3 - worker)
    process.kill(other, 'SIGSTOP')
    try {
      const opened = await client()
      assert.equal((await opened.answer()).code, 220)
      return opened
    } finally {
      process.kill(other, 'SIGCONT')
    }
  }
  const delivered = async () => (await readdir(join(folder, 'mail/new'))).length
  return { child, port, folder, log, line, pid, client, clientOn, configure, delivered }
}

function yaml(lines: Readonly<Record<string, string>>): string {
  return Object.entries(lines)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('')
}

/** Whether a process is there. */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

export async function gone(...pids: readonly number[]): Promise<void> {
  const end = Date.now() + patienceMs
  while (pids.some(isThere)) {
    assert.ok(Date.now() < end, `${pids.filter(isThere).join(', ')} should be gone`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
