/** The candidate that a misspelt word was probably meant to be; `undefined` when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const furthest = Math.max(1, Math.floor(word.length / 3))
  return candidates
    .filter(candidate => Math.abs(candidate.length - word.length) <= furthest)
    .map(candidate => ({ candidate, changes: changes(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ changes }) => changes <= furthest)
    .sort((a, b) => a.changes - b.changes)[0]?.candidate
}

/** How many letters must be added, taken away, replaced, or swapped with their neighbour. */
function changes(from: string, to: string): number {
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next[column] = Math.min(
        cost(last, column) + 1,
        cost(next, column - 1) + 1,
        cost(last, column - 1) + (same ? 0 : 1),
        swapped ? cost(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = last
    last = next
  }
  return cost(last, to.length)
}

function cost(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
