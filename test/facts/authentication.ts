import type { Fact } from '../../src/engine/fact.ts'
import type { Known } from '../../src/engine/phase.ts'
import { MemoryMessage } from '../../src/mail/message.ts'
import { type Given, ordinary } from '../../src/testing/ordinary.ts'
import { type Zone, zoneDns } from '../../src/testing/zone-dns.ts'
import { writtenAt } from './signing.ts'

export const letter = `From: Ann <ann@sender.example>\r
To: bob@our.example\r
Subject: hello\r
Date: Tue, 24 Nov 2026 08:00:00 +0000\r
Message-ID: <1@sender.example>\r
\r
Hello Bob,\r
\r
how  are you?\r
`

/** A message from its bytes, each of which is a character. */
export function messageOf(content: string): MemoryMessage {
  return new MemoryMessage(Buffer.from(content, 'latin1'))
}

/** Finds one fact about a message, at the time when the letters of the tests were written. */
export async function find<T>(fact: Fact<T>, given: Given, zone: Zone = {}, now = writtenAt): Promise<T> {
  const known: Known['message'] = ordinary(given)
  const dns = zoneDns(zone)
  const signal = new AbortController().signal
  return fact.find(known, { dns, now: () => now, signal, fact: other => find(other, given, zone, now) })
}
