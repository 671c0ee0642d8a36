import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Zone } from '../../fixtures/dns-server.ts'
import { parseAddress } from '../../src/mail/address.ts'

/** Real mail of others, which is not ours to hand on: who has no copy cannot replay it. */
const corpus = join(import.meta.dirname, '../../../shared/corpora/realworld')
export const hasCorpus = existsSync(join(corpus, 'sessions.jsonl'))

const schema = z.object({
  file: z.string(),
  label: z.enum(['ham', 'spam', 'phish']),
  corpus: z.string(),
  client_ip: z.string().nullable(),
  helo: z.string().nullable(),
  mail_from: z.string().nullable(),
  dns: z.record(z.string(), z.object({ A: z.array(z.string()), PTR: z.array(z.string()), TXT: z.array(z.string()) }).partial()),
  expect: z.object({ spf: z.string(), dmarc: z.string() }).partial().prefault({}),
})

/** One session as a server saw it, with what the DNS said at the time. */
export type RecordedSession = z.output<typeof schema>

/** Every session of the corpus whose client is known: the others never came over a network. */
export async function readSessions(): Promise<(RecordedSession & { readonly client_ip: string })[]> {
  const lines = (await readFile(join(corpus, 'sessions.jsonl'), 'utf8')).split('\n').filter(Boolean)
  return lines.map(line => schema.parse(JSON.parse(line))).filter(hasClient)
}

function hasClient(session: RecordedSession): session is RecordedSession & { readonly client_ip: string } {
  return session.client_ip !== null
}

/** The message as its client put it on the wire: the files are kept with LF line ends. */
export async function readContent({ file }: RecordedSession): Promise<Buffer> {
  const text = (await readFile(join(corpus, file))).toString('latin1').replaceAll(/\r?\n/g, '\r\n')
  return Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1')
}

/** What the DNS said. Of the sender's domain it is only recorded that it existed, if anything: so it gets an MX. */
export function zoneOf({ dns, mail_from }: RecordedSession): Zone {
  const domain = parseAddress(mail_from ?? '')?.domain
  const existing: Zone = domain === undefined ? {} : { [domain]: { MX: [{ preference: 10, exchange: `mx.${domain}` }] } }
  return Object.fromEntries(Object.entries({ ...existing, ...dns }).map(([name, records]) => [name.toLowerCase(), records]))
}
