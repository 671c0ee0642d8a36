import { readFile } from 'node:fs/promises'
import { fileTrouble } from '../../config/file-trouble.ts'
import { fingerprint } from '../../config/fingerprint.ts'
import type { Configuration } from '../../config/load.ts'
import type { Gateway } from '../../engine/gateway.ts'
import { rulebook } from '../../engine/rule.ts'
import type { Trace } from '../../engine/trace.ts'
import { JournalFile } from '../../journal/journal-file.ts'
import { rowOf } from '../../journal/record.ts'
import { type Address, parseAddress } from '../../mail/address.ts'
import { newId } from '../../mail/id.ts'
import { rehearse } from '../../report/rehearsal.ts'
import { alignRows } from '../../report/table.ts'
import { visible, visibleJson } from '../../report/visible.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { openRehearsal } from '../open-rehearsal.ts'
import { complain, type Found } from '../startup.ts'
import { takeMessage } from '../take-message.ts'
import { type CorpusSession, readCorpus } from './corpus-session.ts'

/** What to judge, and where to write down what was found out. */
interface CorpusRun {
  readonly folder: string
  /** A journal. */
  readonly record?: string
  readonly isJson: boolean
}

/** Judges the messages of a folder as live sessions would run, with facts that are looked up now. */
export async function judgeCorpus({ configuration }: Found, run: CorpusRun): Promise<ExitCode> {
  const sessions = await readCorpus(run.folder)
  if (typeof sessions === 'string') return fail(sessions, exitCodes.usage)
  const opened = await openRehearsal(configuration)
  if ('problems' in opened) {
    complain(opened.problems)
    return exitCodes.failed
  }
  const { gateway, rules, afresh, close } = opened.value
  const [counts, inForce] = [new Map<string, number>(), await fingerprint(configuration)]
  try {
    const journal = run.record === undefined ? undefined : new JournalFile(run.record, 5000)
    // What is learned from one is known of the next, and forgotten at the end.
    const judge = openJudge({ ...gateway, rulebook: rulebook(afresh(rules)) }, configuration)
    for (const session of sessions) {
      const trace = await judge(session)
      count(counts, session, trace)
      journal?.write([rowOf(trace, inForce)])
    }
    journal?.close()
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), exitCodes.failed)
  } finally {
    close()
  }
  tell(counts, run)
  return exitCodes.ok
}

function openJudge(gateway: Gateway, { limits, relay }: Configuration): (session: CorpusSession) => Promise<Trace> {
  const domain = Object.keys(relay).find(name => !name.startsWith('*.')) ?? 'localhost'
  return async ({ file, ip, helo, sender, recipients }) =>
    rehearse(gateway, {
      session: { id: newId(new Date()), listener: 'mx', client: { ip, port: 0 }, violations: [] },
      helo,
      sender: sender === null ? null : address(sender),
      parameters: { body: '8BITMIME' },
      // Whoever it was for is not known: somebody of ours.
      recipients: recipients.length > 0 ? recipients.map(address) : [{ local: 'recipient', domain }],
      content: await takeMessage(await read(file), limits),
    })
}

function address(text: string): Address {
  return parseAddress(text) ?? { local: text, domain: '' } // the list has been checked
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new Error(`${file}: expected a message, found ${fileTrouble(file, error)}`)
  }
}

const fates = ['delivered', 'tagged', 'deferred', 'quarantined', 'rejected', 'left'] as const

function count(counts: Map<string, number>, { label }: CorpusSession, { recipients }: Trace): void {
  for (const { outcome, tagged } of recipients) {
    const key = `${label}\n${tagged ? 'tagged' : outcome}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
}

function tell(counts: ReadonlyMap<string, number>, { isJson, record }: CorpusRun): void {
  const labels = [...new Set([...counts.keys()].map(key => key.slice(0, key.indexOf('\n'))))].toSorted()
  const of = (label: string, fate: string) => counts.get(`${label}\n${fate}`) ?? 0
  if (isJson) {
    const table = labels.map(label => ({ label, ...Object.fromEntries(fates.map(fate => [fate, of(label, fate)])) }))
    process.stdout.write(`${visibleJson(table, 2)}\n`)
    return
  }
  const rows = labels.map(label => [visible(label || 'all'), ...fates.map(fate => String(of(label, fate)))])
  process.stdout.write(`${alignRows([['copies', ...fates], ...rows]).join('\n')}\n`)
  if (record !== undefined) process.stdout.write(`\nRecorded: postern replay --journal ${visible(record)}\n`)
}

function fail(why: string, code: ExitCode): ExitCode {
  process.stderr.write(`${visible(why)}\n`)
  return code
}
