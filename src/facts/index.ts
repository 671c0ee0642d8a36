/** What policies may know: the facts, and what they find. */
export { type DnsblFinding, dnsbl, type ListFact, listsOf } from './dnsbl.ts'
export { type HeloHostFinding, heloHost } from './helo-host.ts'
export { publicZone } from './list-answer.ts'
export { type List, type ListNews, ListWatch } from './list-watch.ts'
export { type ReverseDnsFinding, reverseDns } from './reverse-dns.ts'
export { type SenderDomainFinding, senderDomain } from './sender-domain.ts'
