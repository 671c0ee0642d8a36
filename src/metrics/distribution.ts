/** In seconds: from what takes no time to what is a time-out. */
const secondsBounds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const KiB = 1024
/** In bytes: from a short note to more than is taken by default. */
const bytesBounds = [4, 16, 64, 256, 1024, 4096, 16_384, 65_536].map(size => size * KiB)

/** How often values of each size came. */
export class Distribution {
  readonly bounds: readonly number[]
  /** By bound: those up to it and above the one before; the last are beyond all. */
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = Array(bounds.length + 1).fill(0)
  }

  add(value: number): void {
    this.sum += value
    let index = 0
    // Few are large, so the search ends soon.
    while (index < this.bounds.length && value > (this.bounds[index] ?? 0)) index++
    this.counts[index] = (this.counts[index] ?? 0) + 1
  }
}

export function inSeconds(): Distribution {
  return new Distribution(secondsBounds)
}

export function inBytes(): Distribution {
  return new Distribution(bytesBounds)
}
