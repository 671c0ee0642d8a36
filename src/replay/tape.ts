import type { Fact } from '../engine/fact.ts'
import type { FactEntry, Trace } from '../engine/trace.ts'
import { type Address, formatAddress } from '../mail/address.ts'

/** A rule has asked for something that nobody has written down. The message says what. */
export class NotRecorded extends Error {
  override name = 'NotRecorded'
}

const beginning = 'NotRecorded: '

/** What was missing, when an entry of a trace says that a rule could not judge for that reason. */
export function missingIn(error: string | undefined): string | undefined {
  return error?.startsWith(beginning) ? error.slice(beginning.length) : undefined
}

/** What was found out in the transaction that is being judged again. Nothing is looked up: what does not stand here is not known. */
export class Tape {
  #trace: Trace | undefined
  #found: ReadonlyMap<string, FactEntry> = new Map()
  /** The facts that have asked the DNS. */
  #asked: ReadonlySet<string> = new Set()

  /** The transaction that facts are read from, from now on. */
  load(trace: Trace): void {
    this.#trace = trace
    this.#found = new Map(trace.facts.map(entry => [keyOf(entry.fact, entry.recipient), entry]))
    this.#asked = new Set(trace.degraded ? trace.lookups?.map(({ fact }) => fact) : [])
  }

  get trace(): Trace | undefined {
    return this.#trace
  }

  /** The same fact, whose value is what the trace says it was. */
  play(fact: Fact): Fact {
    const { name, since, costly } = fact
    return {
      name,
      since,
      ...(costly && { costly }),
      find: (known, look) => {
        // That it rests on the DNS is noticed by its looking there: nothing is asked.
        if (this.#asked.has(name)) void look.dns
        return this.#value(name, known)
      },
    }
  }

  #value(name: string, known: object): unknown {
    const entry = this.#found.get(keyOf(name, recipientOf(known))) ?? this.#found.get(name)
    if (!entry) throw new NotRecorded(name)
    if (entry.error !== undefined) throw new Error(entry.error)
    return entry.value
  }
}

function keyOf(fact: string, recipient: string | undefined): string {
  return recipient === undefined ? fact : `${fact}\n${recipient}`
}

function recipientOf(known: object): string | undefined {
  // At RCPT, and only there, one recipient is known.
  return 'recipient' in known ? formatAddress(known.recipient as Address) : undefined
}
