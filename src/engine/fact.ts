import type { z } from 'zod'
import type { Dns } from './dns.ts'
import type { Meter } from './meter.ts'
import type { Known, Past, Phase } from './phase.ts'

/** The outside world, as far as facts may see it. */
export interface World {
  readonly dns: Dns
  readonly now: () => Date
  /** Facts do not see it. */
  readonly meter?: Meter
}

/**
 * Something that can be found out about a session or a message: the SPF result, the DKIM
 * signatures, a blocklist entry. A fact only looks; it never writes and never decides.
 * It is found at most once, and lives as long as the phase it is known since.
 */
export interface Fact<T = unknown, P extends Phase = Phase> {
  /** Unique, with its parameters if it has any: `dnsbl(zen.example.org)`. */
  readonly name: string
  readonly since: P
  /** A costly fact is not looked up ahead of time, only when its turn comes. */
  readonly costly?: boolean
  readonly timeoutMs?: number
  /** What its value can be: for the reference, and for rules that are one line. */
  readonly schema?: z.ZodType<T>
  /** What it would be in a case to which nobody objects: so it can be told which fact has decided. */
  unobjectionable?(found: NoInfer<T>): NoInfer<T>
  /** A message is one, whoever receives it: a fact does not see the recipients. The value is plain data, for the trace. */
  find(known: Omit<Known[P], 'recipients'>, look: Look<P>): T | Promise<T>
}

export interface Look<P extends Phase> extends Omit<World, 'meter'> {
  readonly signal: AbortSignal
  /** Another fact, from the same or an earlier phase. */
  fact<T>(fact: Fact<T, Past[P]>): Promise<T>
}

type WithoutSchema<T, P extends Phase> = Omit<Fact<T, P>, 'schema'>

/** A fact with a schema can be used in rules that are one line, and finds nothing that its schema does not know. */
export function defineFact<S extends z.ZodType, P extends Phase>(
  fact: WithoutSchema<z.infer<S>, P> & { readonly schema: S },
): Fact<z.infer<S>, P>
export function defineFact<T, P extends Phase>(fact: WithoutSchema<T, P> & { readonly schema?: never }): Fact<T, P>
export function defineFact<T, P extends Phase>(fact: Fact<T, P>): Fact<T, P> {
  return fact
}
