/** A value for a store, as JSON. Anything but plain JSON data is its author's mistake. */
export function toJson(key: string, value: unknown): string {
  if (!isPlain(value, 0)) throw new TypeError(`store: expected plain JSON data for "${key}", found ${describe(value)}`)
  return JSON.stringify(value)
}

const deepest = 100

function isPlain(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth > deepest) return false
  if (Array.isArray(value)) return value.every(item => isPlain(item, depth + 1))
  const prototype = Object.getPrototypeOf(value)
  // JSON leaves out what is undefined in an object, and reads it back as absent: the same thing.
  const isField = (field: unknown) => field === undefined || isPlain(field, depth + 1)
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isField)
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? `a ${value.constructor?.name ?? 'object'}` : String(value)
}

/** What is added to a counter, once it is known to be a number. */
export function checkAmount(key: string, amount: number): number {
  if (!Number.isFinite(amount)) throw new TypeError(`store: expected a number to add to "${key}", found ${amount}`)
  return amount
}

/** The mistake of adding to what is no counter. */
export function notACounter(key: string): TypeError {
  return new TypeError(`store: "${key}" holds no number, so nothing can be added to it`)
}

/** When an entry that is written now expires, in milliseconds. */
export function expiry(now: Date, ttlSeconds: number): number {
  if (!Number.isFinite(ttlSeconds)) throw new TypeError(`store: expected a time to live in seconds, found ${ttlSeconds}`)
  return now.getTime() + ttlSeconds * 1000
}
