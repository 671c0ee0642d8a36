import type { Store } from '../engine/store.ts'

interface Entry {
  readonly value: unknown
  readonly expires: number
}

/** A store that reads what is in another one and keeps its own changes to itself: a rehearsal leaves no trace. */
export function dryStore(store: Store, now: () => Date): Store {
  const changes = new Map<string, Entry>()
  const changed = (key: string) => {
    const entry = changes.get(key)
    return entry && entry.expires > now().getTime() ? entry : undefined
  }
  const change = (key: string, value: unknown, ttlSeconds: number) => {
    changes.set(key, { value, expires: now().getTime() + ttlSeconds * 1000 })
  }
  return {
    // The caller of a store says what it has put there.
    get: async <T>(key: string) => (changed(key)?.value as T | undefined) ?? store.get<T>(key),
    set: async (key, value, ttlSeconds) => change(key, value, ttlSeconds),
    async add(key, amount, ttlSeconds) {
      const before = changed(key)
      const sum = Number(before?.value ?? (await store.get<number>(key)) ?? 0) + amount
      // The window of a counter starts with the first addition.
      if (before) changes.set(key, { ...before, value: sum })
      else change(key, sum, ttlSeconds)
      return sum
    },
  }
}
