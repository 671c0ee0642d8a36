import { type Merit, merits } from './merit.ts'

/** Something that may stand as an example for others. */
export interface Sample {
  readonly merits: readonly Merit[]
}

/** The first few of many, those first that are most likely to be wanted mail. Which they are does not depend on how they were found. */
export class Samples<T extends Sample> {
  readonly #most: number
  readonly #kept: { readonly sample: T; readonly rank: number }[] = []

  constructor(most: number) {
    this.#most = most
  }

  add(sample: T): void {
    const rank = rankOf(sample.merits)
    const place = this.#kept.findLastIndex(kept => kept.rank <= rank) + 1
    if (place >= this.#most) return
    this.#kept.splice(place, 0, { sample, rank })
    if (this.#kept.length > this.#most) this.#kept.pop()
  }

  get list(): readonly T[] {
    return this.#kept.map(({ sample }) => sample)
  }
}

function rankOf(found: readonly Merit[]): number {
  const rank = merits.findIndex(merit => found.includes(merit))
  return rank === -1 ? merits.length : rank
}
