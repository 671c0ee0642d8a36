import { openSimulation } from '../../src/cli/replay/simulation.ts'
import type { Configuration } from '../../src/config/load.ts'
import type { RecipientTrace, Trace } from '../../src/engine/trace.ts'
import { JournalFile } from '../../src/journal/journal-file.ts'
import { type Row, rowOf } from '../../src/journal/record.ts'
import { Replayer } from '../../src/replay/replayer.ts'
import { missingIn } from '../../src/replay/tape.ts'
import type { Known } from './find-facts.ts'
import type { Origin } from './origins.ts'
import { type Intent, Plan } from './plan.ts'

interface Making {
  readonly file: string
  readonly transactions: number
  readonly configuration: Configuration
  /** When the first one begins, in milliseconds, and how far they are apart. */
  readonly start: number
  readonly meanMs: number
}

const together = 500

/**
 * Lets clients come for weeks, in the time of a clock that is set: judged by the engine, written as the gateway writes.
 * Answers with what each transaction was made of, by its id.
 */
export async function makeJournal(known: readonly Known[], making: Making): Promise<ReadonlyMap<string, Origin>> {
  const origins = new Map<string, Origin>()
  const plan = new Plan(known, making)
  const replayer = new Replayer(openSimulation(making.configuration))
  const file = new JournalFile(making.file, 1000)
  let rows: Row[] = []
  for (let made = 0; made < making.transactions; made += 1) {
    const intent = plan.next()
    const trace = await replayer.judge(intended(intent))
    plan.note(intent, trace)
    origins.set(trace.id, intent.known.origin)
    rows.push(rowOf({ ...trace, facts: trace.facts.filter(({ error }) => !missingIn(error)) }, 'made'))
    if (rows.length < together && made + 1 < making.transactions) continue
    file.write(rows)
    rows = []
  }
  file.close()
  return origins
}

/** What a client intends, as a trace of which only the envelope and the facts count. */
function intended({ at, known: { trace }, session, number, recipients, ms, leaves }: Intent): Trace {
  const { message, ...rest } = trace
  return {
    ...rest,
    id: `${session}.${number}`,
    started: new Date(at).toISOString(),
    ms,
    session: { ...trace.session, id: session },
    recipients: recipients.map(intendedRecipient),
    ...(message && !leaves && { message }),
    ending: leaves ? 'quit' : 'answered',
    ...(!leaves && { reply: '250 2.0.0 Accepted' }),
  }
}

/** The next hop knows its users. */
function intendedRecipient(address: string): RecipientTrace {
  const isUnknown = address.startsWith('unknown')
  return {
    address,
    outcome: isUnknown ? 'rejected' : 'delivered',
    score: 0,
    reply: isUnknown ? '550 5.1.1 No such user' : '250 2.0.0 Accepted',
    where: 'smtp://next-hop',
  }
}
