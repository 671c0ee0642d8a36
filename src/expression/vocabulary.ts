import { z } from 'zod'
import type { Fact } from '../engine/fact.ts'
import type { Known, Phase } from '../engine/phase.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import { type RecordShape, type Shape, shapeOf } from './shape.ts'

/** What an expression can name besides facts, in the words in which a policy is given it. */
export interface Variable {
  readonly name: string
  readonly since: Phase
  /** What is known later than the rest. */
  readonly later?: Readonly<Record<string, Phase>>
  readonly shape: Shape
  read(known: Everything): unknown
}

/** What is known at some phase; an expression names nothing that is not known yet. */
export type Everything = Partial<Known['rcpt'] & Known['message']>

/** A fact as an expression names it: `facts.reverseDns`. */
export interface NamedFact {
  readonly fact: Fact
  readonly shape: Shape
}

const address = z.object({
  local: z.string().describe('What stands before the @.'),
  domain: z.string().describe('In lower case; `[192.0.2.1]` for an address literal.'),
  address: z.string().describe('All of it; empty for the sender of a bounce.'),
})

const session = z.object({
  client: z.object({ ip: z.string().describe('The address of the client.') }),
  listener: z.enum(['mx', 'submission']).describe('What the listener is for.'),
  helo: z.string().describe('The name that the client has given.'),
  esmtp: z.boolean().describe('Greeted with EHLO.'),
  tls: z
    .object({ protocol: z.string().describe('`TLSv1.3`.'), cipher: z.string().describe('As OpenSSL names it.') })
    .optional()
    .describe('There if the session is encrypted.'),
  user: z.string().optional().describe('The account that has authenticated.'),
  violations: z.array(z.enum(['talked-before-greeting', 'pipelined-before-ehlo'])).describe('What no patient client does.'),
})

export const variables: readonly Variable[] = [
  {
    name: 'session',
    since: 'connect',
    // Before the second EHLO nobody knows whether there will be TLS.
    later: { helo: 'helo', esmtp: 'helo', tls: 'mail', user: 'mail', violations: 'mail' },
    shape: shapeOf(session, 'session'),
    // A case in which nobody has been greeted is one that does not ask for it.
    read: ({ session }) => ({ helo: '', esmtp: false, ...session }),
  },
  { name: 'sender', since: 'mail', shape: shapeOf(address, 'sender'), read: ({ sender = null }) => readAddress(sender) },
  {
    name: 'recipient',
    since: 'rcpt',
    shape: shapeOf(address, 'recipient'),
    read: ({ recipient = null }) => readAddress(recipient),
  },
  {
    name: 'recipients',
    since: 'message',
    shape: shapeOf(z.array(address), 'recipients'),
    read: ({ recipients = [] }) => recipients.map(readAddress),
  },
  {
    name: 'message',
    since: 'message',
    shape: shapeOf(z.object({ size: z.int().describe('In bytes, header and body.') }), 'message'),
    read: ({ message }) => ({ size: message?.size }),
  },
]

function readAddress(address: Address | null): unknown {
  return { ...(address ?? { local: '', domain: '' }), address: formatAddress(address) }
}

/** Facts by the names that expressions have for them. Those without a schema have none. */
export function nameFacts(facts: readonly Fact[]): ReadonlyMap<string, NamedFact> {
  const named = facts.map(fact => {
    if (!fact.schema) throw new Error(`The fact ${fact.name} has no schema: an expression could not name what it finds`)
    const name = fact.name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    return [name, { fact, shape: shapeOf(fact.schema, `facts.${name}`) }] as const
  })
  return new Map(named)
}

/** The record that holds all facts. */
export function factsShape(facts: ReadonlyMap<string, NamedFact>): RecordShape {
  const fields = [...facts].map(([name, { shape }]) => [name, { shape, isOptional: false, description: '' }] as const)
  return { kind: 'record', name: 'facts', fields: new Map(fields) }
}
