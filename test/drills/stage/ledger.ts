import type { Sent } from './sender.ts'

/** A copy of a message that was found somewhere. */
export interface Copy {
  readonly id: string
  /** Whether it is there to its last line. */
  readonly isWhole: boolean
}

/** Where mail can be: its name, and what is there now. */
export interface Place {
  readonly name: string
  readonly copies: () => Promise<readonly Copy[]>
}

export interface Account {
  readonly clients: string
  readonly where: string
  readonly faults: readonly string[]
  /** How many messages are in more than one place, or will be when the client sends them again. */
  readonly doubled: number
}

/** Keeps account of what clients sent and heard, and compares it with where the mail is. */
export class Ledger {
  readonly #places: readonly Place[]
  readonly #sent: Sent[] = []

  constructor(places: readonly Place[]) {
    this.#places = places
  }

  note(...sent: readonly Sent[]): void {
    this.#sent.push(...sent)
  }

  /**
   * What clients heard and where their mail is. Lost is what a client was told 250 for and is nowhere. Doubled is a copy that
   * there is besides another, or besides the client's: only what was lost after the dot may be (RFC 5321, 4.5.3.2.6; RFC 1047).
   */
  async account({ mayDouble = () => false }: { readonly mayDouble?: (id: string) => boolean } = {}): Promise<Account> {
    const ids = Map.groupBy(this.#sent, ({ id }) => id)
    const found = await Promise.all(
      this.#places.map(async ({ name, copies }) => ({ name, copies: (await copies()).filter(({ id }) => ids.has(id)) })),
    )
    const copies = Map.groupBy(
      found.flatMap(place => place.copies),
      ({ id }) => id,
    )
    const isTaken = (id: string) => ids.get(id)?.some(({ taken }) => taken) ?? false
    const isWithClient = (id: string) => !isTaken(id) && !ids.get(id)?.some(({ refused }) => refused)
    const lost = [...ids.keys()].filter(id => isTaken(id) && !copies.has(id))
    const damaged = [...copies.values()].flat().filter(({ isWhole }) => !isWhole)
    const doubled = [...ids.keys()].filter(id => (copies.get(id)?.length ?? 0) + Number(!isTaken(id)) > 1)
    const kept = [...ids.keys()].filter(isWithClient).length
    const places = [
      ...found.map(({ name, copies }) => `${name} ${copies.length}`),
      ...(kept ? [`still with the client ${kept}`] : []),
    ]
    return {
      clients: summary(this.#sent),
      where: places.join(', ') + (doubled.length ? `; doubled ${doubled.length}` : ''),
      faults: [
        ...lost.map(id => `${id} is lost: the client heard 250, and it is nowhere`),
        ...damaged.map(({ id }) => `${id} is cut off`),
        ...doubled.filter(id => !mayDouble(id)).map(id => `${id} is doubled`),
        ...this.#sent.filter(({ heard }) => heard.startsWith(silent)).map(({ id, heard }) => `${id}: ${heard}`),
      ],
      doubled: doubled.length,
    }
  }
}

export const silent = 'no answer'

/** `3 × 250 2.0.0 OK, 1 × 451 …`, the most frequent first. */
function summary(sent: readonly Sent[]): string {
  const groups = [...Map.groupBy(sent, ({ heard }) => heard)].toSorted(
    ([a, one], [b, other]) => other.length - one.length || a.localeCompare(b),
  )
  return groups.map(([heard, members]) => `${members.length} × ${heard}`).join('; ')
}
