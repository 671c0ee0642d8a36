import type { Client } from '../mail/session.ts'
import { readVersion1 } from './proxy-v1.ts'
import { readVersion2, signature } from './proxy-v2.ts'

/**
 * What a PROXY header says, once it is complete: how long it is, and who the client is. Without a client the
 * proxy speaks for itself, in a health check for example.
 */
interface ProxyHeader {
  readonly length: number
  readonly client?: Client
}

/** `incomplete`: more bytes are needed. `broken`: this is no PROXY header, and never will be. */
export type ProxyReading = ProxyHeader | 'incomplete' | 'broken'

/** Reads a PROXY header, version 1 or 2, from the start of the bytes that have come so far. */
export function readProxyHeader(bytes: Buffer): ProxyReading {
  const common = Math.min(bytes.length, signature.length)
  if (bytes.subarray(0, common).equals(signature.subarray(0, common))) {
    return common < signature.length ? 'incomplete' : readVersion2(bytes)
  }
  return readVersion1(bytes)
}
