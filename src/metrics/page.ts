import type { Distribution } from './distribution.ts'
import type { Family } from './family.ts'
import type { Count, Series } from './series.ts'

interface Value {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  /** For the parts of a histogram. */
  readonly metricName?: string
}

/** A family with its values, in the form in which prom-client takes it from another process: plain JSON. */
export interface MetricJson {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: string
  readonly values: readonly Value[]
}

/** What is read at one moment. */
export class Page {
  readonly #values = new Map<Family, Value[]>()

  set(family: Family, value: number, ...labels: readonly string[]): void {
    this.#of(family).push({ value, labels: named(family, labels) })
  }

  /** All numbers of a series; what stands in front of its labels is the same for all. */
  counts(family: Family, series: Series<Count>, ...before: readonly string[]): void {
    for (const [labels, { value }] of series.all) this.set(family, value, ...before, ...labels)
  }

  distributions(family: Family, series: Series<Distribution>): void {
    for (const [labels, distribution] of series.all) this.distribution(family, distribution, ...labels)
  }

  /** As Prometheus has it: each bucket holds what the smaller ones do, too. */
  distribution(
    family: Family,
    { bounds, counts, sum }: Pick<Distribution, 'bounds' | 'sum'> & { readonly counts: readonly number[] },
    ...labels: readonly string[]
  ): void {
    const values = this.#of(family)
    const base = named(family, labels)
    let total = 0
    for (const [index, count] of counts.entries()) {
      total += count
      const le = bounds[index] ?? '+Inf'
      values.push({ metricName: `${family.name}_bucket`, value: total, labels: { ...base, le } })
    }
    values.push({ metricName: `${family.name}_sum`, value: sum, labels: base })
    values.push({ metricName: `${family.name}_count`, value: total, labels: base })
  }

  /** These families, also those of which there is nothing yet. */
  json(families: readonly Family[]): MetricJson[] {
    return families.map(family => {
      const { name, help, type, across } = family
      return { name, help, type, aggregator: across, values: this.#values.get(family) ?? [] }
    })
  }

  #of(family: Family): Value[] {
    const known = this.#values.get(family)
    if (known) return known
    const values: Value[] = []
    this.#values.set(family, values)
    return values
  }
}

function named({ labels }: Family, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(labels.map((label, index) => [label, values[index] ?? '']))
}
