import type { Dns, DnsAnswer, DnsRecords, DnsType } from './dns.ts'
import type { Lookup } from './trace.ts'

/** What a fact has asked. */
export interface Notes {
  readonly fact: string
  /** Made with the first question: most facts ask nothing. */
  lookups: Question[] | undefined
}

/** A question that has been asked, whose answer is filled in when it comes. */
type Question = { -readonly [K in keyof Lookup]: Lookup[K] }

/** Beyond that it is not the questions that tell anything: a message may have us ask a lot. */
const most = 100

/** The DNS as one fact sees it: what it asks is noted. */
export class NotingDns implements Dns {
  readonly #dns: Dns
  readonly #notes: Notes

  constructor(dns: Dns, notes: Notes) {
    this.#dns = dns
    this.#notes = notes
  }

  query<T extends DnsType>(type: T, name: string, signal?: AbortSignal): Promise<DnsAnswer<DnsRecords[T]>> {
    const asked = this.#dns.query(type, name, signal)
    const { fact } = this.#notes
    this.#notes.lookups ??= []
    if (this.#notes.lookups.length >= most) return asked
    const question: Question = { fact, type, name }
    this.#notes.lookups.push(question)
    const note = (answer: DnsAnswer<DnsRecords[T]>) => {
      question.answer = answer
    }
    asked.then(note, () => {}) // who asks hears of trouble
    return asked
  }
}
