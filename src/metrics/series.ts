/** Labels come from the configuration, so there are few: what comes beyond these goes under `other`, whoever it is from. */
const most = 2000
const longestLabel = 120

/** A number that goes up. */
export class Count {
  value = 0
}

/** The label that stands for what there was no room for. */
export const other = 'other'

interface Branch<T> {
  readonly below: Map<string, Branch<T>>
  leaf?: T
}

/** One of its kind for each combination of labels. They lie in maps by label, so that finding one makes nothing. */
export class Series<T> {
  readonly #make: () => T
  readonly #root: Branch<T> = { below: new Map() }
  readonly #all: (readonly [labels: readonly string[], value: T])[] = []

  constructor(make: () => T) {
    this.#make = make
  }

  /** The one with these labels, which is made if there is none. */
  at(...labels: readonly string[]): T {
    let branch = this.#root
    for (const label of labels) {
      const next = branch.below.get(label)
      if (!next) return this.#grow(labels)
      branch = next
    }
    return branch.leaf ?? this.#grow(labels)
  }

  get all(): readonly (readonly [labels: readonly string[], value: T])[] {
    return this.#all
  }

  #grow(wanted: readonly string[]): T {
    const labels = this.#all.length < most ? wanted : wanted.map(() => other)
    let branch = this.#root
    for (const label of labels) {
      const next: Branch<T> = branch.below.get(label) ?? { below: new Map() }
      branch.below.set(label, next)
      branch = next
    }
    if (branch.leaf === undefined) {
      branch.leaf = this.#make()
      this.#all.push([labels.map(label => label.slice(0, longestLabel)), branch.leaf])
    }
    return branch.leaf
  }
}

/** Numbers that go up, by labels. */
export class Counts extends Series<Count> {
  /** The labels that are known beforehand start at zero: Prometheus sees no growth in what has only just appeared. */
  constructor(...known: readonly string[]) {
    super(() => new Count())
    for (const label of known) this.at(label)
  }

  add(...labels: readonly string[]): void {
    this.at(...labels).value++
  }
}
