import type { Fact } from '../engine/fact.ts'
import { arc } from './arc.ts'
import { bounce } from './bounce.ts'
import { dkim } from './dkim.ts'
import { dmarc } from './dmarc.ts'
import { headers } from './headers.ts'
import { heloHost } from './helo-host.ts'
import { mime } from './mime.ts'
import { reverseDns } from './reverse-dns.ts'
import { senderDmarc } from './sender-dmarc.ts'
import { senderDomain } from './sender-domain.ts'
import { spf } from './spf.ts'

/** All facts but those about a list in the DNS, of which there is one for each list. */
export const everyFact: readonly Fact[] = [
  ...[arc, bounce, dkim, dmarc, headers, heloHost, mime],
  ...[reverseDns, senderDmarc, senderDomain, spf],
]
