import type { DnsAnswer } from '../engine/dns.ts'

/** What is answered for a suspended list. */
export interface SuspendedAnswer extends DnsAnswer<never> {
  readonly status: 'temperror'
  readonly error: string
  readonly suspended: true
}

export function suspendedAnswer(error: string): SuspendedAnswer {
  return { status: 'temperror', records: [], ttlSeconds: 0, secure: false, error, suspended: true }
}

export function isSuspended(answer: DnsAnswer<unknown>): answer is SuspendedAnswer {
  return 'suspended' in answer
}

/** A list's answer, with a word on the list: whether it had passed its own test not long before. */
export function watchedAnswer<T>(answer: DnsAnswer<T>, proven: boolean): DnsAnswer<T> & { readonly proven?: boolean } {
  return proven ? { ...answer, proven } : answer
}

/** Whether an answer is from a list that had passed its own test not long before. */
export function isProven(answer: DnsAnswer<unknown>): boolean {
  return 'proven' in answer && answer.proven === true
}
