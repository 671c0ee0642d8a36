import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { dictionary } from './dictionary.ts'

/** What a trace may have at most. */
export const most = { characters: 1024 * 1024 } as const

/** Changes with the tables, and with the dictionary: a journal of another version is set aside, and a new one begins. */
export const version = 1

/**
 * The position is the time in milliseconds, times 1024, and a number for those of the same millisecond: so what happened
 * together lies together, is read in its order, and the oldest is taken out from one end.
 */
export const tables = `
  CREATE TABLE IF NOT EXISTS transactions (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL, configuration TEXT NOT NULL, client TEXT NOT NULL, sender TEXT NOT NULL,
    recipients TEXT NOT NULL, outcomes TEXT NOT NULL, rules TEXT NOT NULL, trace BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS transactions_id ON transactions (id);
`

/** A trace as it lies in the file: raw DEFLATE (RFC 1951), by the dictionary. */
export function compress(json: string): Buffer {
  return deflateRawSync(json, { dictionary, level: 3, windowBits: 14, memLevel: 7 })
}

export function decompress(stored: Uint8Array): string {
  return inflateRawSync(stored, { dictionary, maxOutputLength: most.characters * 4 }).toString()
}

const perMillisecond = 1024

/** Where a moment begins. */
export function positionAt(ms: number): number {
  return Math.max(0, Math.ceil(ms)) * perMillisecond
}
