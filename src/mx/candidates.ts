import type { Exchanger } from './exchangers.ts'
import type { Candidate } from './mx-transport.ts'

/** With these, two hosts are tried even where the first has many addresses. */
const mostOfOne = 3

/** The addresses to try, host by host; those beyond the first few of each host come after all others. */
export function candidatesOf(hosts: readonly Exchanger[]): Candidate[] {
  const all = hosts.flatMap(host => host.addresses.map((address, place) => ({ host, address, place })))
  return [...all.filter(({ place }) => place < mostOfOne), ...all.filter(({ place }) => place >= mostOfOne)]
}
