import { type ChangeClass, changeClasses, classify, isAcrossThreshold } from './change.ts'
import type { Fate, Gap, Judged, JudgedRecipient } from './judged.ts'
import { type Merit, merits } from './merit.ts'
import { Samples } from './samples.ts'

/** One recipient's copy as an example. */
export interface Example {
  readonly id: string
  readonly started: string
  readonly client: string
  readonly sender: string | null
  readonly recipient: string
  readonly merits: readonly Merit[]
  readonly before: Fate
  readonly after?: Fate
}

/** So many copies, and how many of them are likely to be wanted. */
type Count = { readonly count: number } & Readonly<Record<Merit | 'good', number>>

export interface ClassReport extends Count {
  readonly class: ChangeClass
  /** Of which the sum of the points has crossed a limit. */
  readonly acrossThreshold: number
  readonly samples: readonly Example[]
}

interface GapReport extends Gap {
  readonly count: number
  readonly samples: readonly Example[]
}

/** What other rules would have changed. Each copy is one recipient's of one transaction. */
export interface Difference {
  readonly transactions: number
  readonly copies: number
  readonly unchanged: number
  readonly changed: number
  /** Neither changed nor unchanged: it cannot be said. */
  readonly undecided: number
  /** The most dangerous first. */
  readonly classes: readonly ClassReport[]
  /** The same becomes of these copies, with more points or with less. */
  readonly scoreMoved: { readonly up: number; readonly down: number; readonly samples: readonly Example[] }
  /** The same becomes of these copies, and another rule or reason decides. */
  readonly otherCause: number
  readonly gaps: readonly GapReport[]
}

/** So many kinds of gaps are told apart. */
const mostGaps = 1000

class Tally {
  count = 0
  acrossThreshold = 0
  readonly merits: Record<Merit | 'good', number> = { known: 0, aligned: 0, allowed: 0, good: 0 }
  readonly samples: Samples<Example>

  constructor(most: number) {
    this.samples = new Samples(most)
  }

  add(example: Example): void {
    this.count += 1
    for (const merit of example.merits) this.merits[merit] += 1
    if (example.merits.length > 0) this.merits.good += 1
    this.samples.add(example)
  }

  get report(): Count & { readonly samples: readonly Example[] } {
    return { count: this.count, ...this.merits, samples: this.samples.list }
  }
}

/** Counts what has changed, one transaction after the other. Holds a few samples of each kind, and nothing else. */
export class DifferenceCounter {
  readonly #mostSamples: number
  readonly #classes = new Map<ChangeClass, Tally>()
  readonly #gaps = new Map<string, { readonly gap: Gap; readonly tally: Tally }>()
  readonly #moved: Samples<Example>
  #counts = { transactions: 0, copies: 0, unchanged: 0, changed: 0, undecided: 0, up: 0, down: 0, otherCause: 0 }

  constructor({ samples }: { readonly samples: number }) {
    this.#mostSamples = samples
    this.#moved = new Samples(samples)
  }

  add(judged: Judged): void {
    this.#counts.transactions += 1
    for (const recipient of judged.recipients) this.#addCopy(judged, recipient)
  }

  get report(): Difference {
    const { up, down, otherCause, ...counts } = this.#counts
    const classes = changeClasses.flatMap(name => {
      const tally = this.#classes.get(name)
      return tally ? [{ class: name, acrossThreshold: tally.acrossThreshold, ...tally.report }] : []
    })
    const gaps = [...this.#gaps.values()].map(({ gap, tally: { count, samples } }) => ({ ...gap, count, samples: samples.list }))
    return {
      ...counts,
      classes,
      scoreMoved: { up, down, samples: this.#moved.list },
      otherCause,
      gaps: gaps.toSorted((a, b) => b.count - a.count),
    }
  }

  #addCopy({ id, started, client, sender, merits }: Judged, { address, before, after }: JudgedRecipient): void {
    this.#counts.copies += 1
    const example = { id, started, client, sender, recipient: address, merits, before }
    if ('missing' in after) this.#addGap(after, example)
    else this.#addDecided({ ...example, after }, after)
  }

  #addDecided(example: Example, after: Fate): void {
    const { before } = example
    const name = classify(before, after)
    if (name) this.#addChanged(name, example, isAcrossThreshold(before, after))
    else this.#addUnchanged(example, after)
  }

  #addChanged(name: ChangeClass, example: Example, isAcross: boolean): void {
    this.#counts.changed += 1
    const tally = this.#classes.get(name) ?? new Tally(this.#mostSamples)
    this.#classes.set(name, tally)
    tally.add(example)
    if (isAcross) tally.acrossThreshold += 1
  }

  #addUnchanged(example: Example, after: Fate): void {
    const { before } = example
    this.#counts.unchanged += 1
    if (before.rule !== after.rule || before.reason !== after.reason) this.#counts.otherCause += 1
    if (before.score === after.score) return
    this.#counts[after.score > before.score ? 'up' : 'down'] += 1
    this.#moved.add(example)
  }

  #addGap(gap: Gap, example: Example): void {
    this.#counts.undecided += 1
    const key = `${gap.rule ?? ''}\n${gap.missing}`
    const entry = this.#gaps.get(key) ?? { gap, tally: new Tally(this.#mostSamples) }
    if (this.#gaps.size < mostGaps) this.#gaps.set(key, entry)
    entry.tally.add(example)
  }
}

/** What a report can be made to fail for: a class, one with a merit behind it, or what could not be decided. */
export const failures: readonly string[] = [
  ...changeClasses.flatMap(name => [name, ...[...merits, 'good'].map(merit => `${name}-${merit}`)]),
  'undecided',
]

/** How many copies there are of what is named so. */
export function countOf({ classes, undecided }: Difference, failure: string): number {
  if (failure === 'undecided') return undecided
  const report = classes.find(({ class: name }) => failure === name || failure.startsWith(`${name}-`))
  if (!report) return 0
  const merit = failure.slice(report.class.length + 1) as Merit | 'good' | ''
  return merit === '' ? report.count : report[merit]
}
