import { randomInt } from 'node:crypto'

/** The same things in an order of chance (Fisher and Yates). */
export function shuffled<T>(things: readonly T[]): T[] {
  const order = [...things]
  for (let end = order.length - 1; end > 0; end--) {
    const at = randomInt(end + 1)
    const [a, b] = [order[at], order[end]]
    // Both stand inside the list.
    if (a !== undefined && b !== undefined) [order[at], order[end]] = [b, a]
  }
  return order
}
