import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import { parseAuthors } from '../mail/author.ts'
import type { Field } from '../mail/header.ts'

const address = z.strictObject({ local: z.string(), domain: z.string() }).readonly()

const headersFinding = z
  .strictObject({
    fromFields: z.int().describe('How many From fields there are: there must be one (RFC 5322, 3.6).'),
    authors: z.array(address).readonly().describe('Who has written it, by all From fields together.'),
    isFromAmbiguous: z.boolean().describe('Programs may disagree on who has written it.'),
    namesSender: z
      .boolean()
      .describe('It names somebody who has sent it, in Sender or Resent-From: for some programs that is the author.'),
    date: z
      .string()
      .exactOptional()
      .describe('When it was written, in ISO 8601; empty when Date cannot be read, absent when there is none.'),
    messageId: z.string().exactOptional().describe('With its angle brackets; absent when there is none.'),
    answers: z.array(z.string()).readonly().describe('The messages that it answers: In-Reply-To and References.'),
    addressees: z.array(z.string()).readonly().describe('The addresses in To and Cc, in lower case.'),
    listId: z.string().exactOptional().describe('The name in List-Id (RFC 2919), in lower case.'),
    receivedBy: z
      .array(z.string())
      .readonly()
      .describe('The host that wrote each Received field, in lower case, the latest first.'),
    hops: z.int().describe('All Received fields, whatever they look like.'),
    fields: z.int(),
  })
  .readonly()

/** What the header of a message says, as far as it is the same for everybody. */
export type HeadersFinding = z.infer<typeof headersFinding>

const most = {
  /** More than that is no message that somebody has written. */
  authors: 20,
  authorDomains: 5,
  addressees: 200,
  answers: 20,
  receivedBy: 120,
  /** Of each field that holds addresses: there should be one (RFC 5322, 3.6). */
  addressFields: 3,
} as const

/** The header of the message. */
export const headers = defineFact({
  name: 'headers',
  since: 'message',
  schema: headersFinding,
  find({ message }): HeadersFinding {
    const { fields } = message
    const all = Map.groupBy(fields, ({ name }) => name)
    const named = (name: string) => all.get(name) ?? []
    const from = named('from')
    const read = from.slice(0, most.addressFields).map(({ value }) => parseAuthors(value))
    const authors = read.flatMap(({ addresses }) => addresses)
    const [date] = named('date')
    const [messageId] = named('message-id')
    const [list] = named('list-id')
    const received = named('received')
    return {
      fromFields: from.length,
      authors: authors.slice(0, most.authors),
      isFromAmbiguous: from.length > most.addressFields || isTooMany(authors) || read.some(({ isAmbiguous }) => isAmbiguous),
      namesSender: ['sender', 'resent-from', 'resent-sender'].some(name => named(name).length > 0),
      ...(date && { date: isoDate(date.value) }),
      ...(messageId && { messageId: messageId.value.slice(0, 998) }),
      answers: messageIds([...named('in-reply-to'), ...named('references')]),
      addressees: ['to', 'cc'].flatMap(name => addressees(named(name))).slice(0, most.addressees),
      ...(list && { listId: listName(list.value) }),
      receivedBy: received.slice(0, most.receivedBy).map(({ value }) => byHost(value)),
      hops: received.length,
      fields: fields.length,
    }
  },
})

/** Of a crowd of authors nobody can tell who is meant to be read. */
function isTooMany(authors: readonly Address[]): boolean {
  return authors.length > most.authors || new Set(authors.map(({ domain }) => domain)).size > most.authorDomains
}

// RFC 5322, 3.3 and 4.3. Date would find one in anything that has a number in it.
const dateTime = /^(?:[a-z]{3},? *)?\d{1,2} +[a-z]{3} +\d{2,4} +\d{1,2}:\d{2}(?::\d{2})?( +(?:[+-]\d{4}|[a-z]{1,5}))?$/i

const comment = /\([^()]*\)/g

function isoDate(value: string): string {
  // Comments may stand behind the date.
  const text = value.slice(0, 200).replaceAll(comment, '').replaceAll(/\s+/g, ' ').trim()
  const match = dateTime.exec(text)
  // Without a zone it would be the one in which the machine believes to stand.
  const date = new Date(match && match[1] === undefined ? `${text} +0000` : text)
  return match && !Number.isNaN(date.getTime()) ? date.toISOString() : ''
}

function messageIds(fields: readonly Field[]): string[] {
  return fields.flatMap(({ value }) => value.slice(0, 8192).match(/<[^<>\s]{1,998}>/g) ?? []).slice(0, most.answers)
}

function addressees(fields: readonly Field[]): string[] {
  const addresses = fields.slice(0, most.addressFields).flatMap(({ value }) => parseAuthors(value).addresses)
  return addresses.map(address => formatAddress(address).toLowerCase())
}

function listName(value: string): string {
  return (/<([^<>\s]{1,255})>/.exec(value.slice(0, 1000))?.[1] ?? value.trim().slice(0, 255)).toLowerCase()
}

/** RFC 5321, 4.4: `from … by …`. The first `by` that is a word of its own, and in no comment. */
function byHost(value: string): string {
  const text = value.slice(0, 2000).replaceAll(comment, ' ')
  return /(?:^|\s)by\s+([^\s;()]{1,255})/i.exec(text)?.[1]?.toLowerCase() ?? ''
}
