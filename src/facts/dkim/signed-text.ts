import type { SignedField } from '../signed-header.ts'
import type { UsualSignature } from './usual-signature.ts'

/** As much of a signature as says what is signed by it: it need not have been made yet. */
interface Unsigned extends Pick<UsualSignature, 'headerForm'> {
  readonly field: Pick<SignedField, 'name' | 'text'>
}

/** The header of a message, as its signatures choose from it. */
export class SignedText {
  readonly #places: ReadonlyMap<string, readonly SignedField[]>
  /** Several signatures sign the same fields. */
  readonly #relaxed = new Map<Unsigned['field'], string>()

  constructor(fields: readonly SignedField[]) {
    this.#places = Map.groupBy(fields, ({ name }) => name)
  }

  /** RFC 6376, 5.4.2: of several fields of a name the last one is the first to be signed. A name may be there in vain. */
  select(names: readonly string[]): SignedField[] {
    const taken = new Map<string, number>()
    const selected: SignedField[] = []
    for (const name of names) {
      const fields = this.#places.get(name)
      const count = (taken.get(name) ?? 0) + 1
      const field = fields?.[fields.length - count]
      if (field) selected.push(field)
      taken.set(name, count)
    }
    return selected
  }

  /** What is signed of the header (RFC 6376, 3.7): the fields, and the signature itself without what it makes of them. */
  of({ field, headerForm }: Unsigned, selected: readonly SignedField[]): Buffer {
    const form = (each: Unsigned['field']) => (headerForm === 'simple' ? simple(each) : this.#relax(each))
    let text = ''
    for (const each of selected) text += `${form(each)}\r\n`
    return Buffer.from(text + withoutSignature(form(field)), 'latin1')
  }

  #relax(field: Unsigned['field']): string {
    const known = this.#relaxed.get(field)
    if (known !== undefined) return known
    const text = relaxed(field)
    this.#relaxed.set(field, text)
    return text
  }
}

function simple({ text }: Unsigned['field']): string {
  return text.endsWith('\r\n') ? text.slice(0, -2) : text
}

/** RFC 6376, 3.4.2. White space is that of ASCII: to `trim` and `\s` other bytes, which are characters here, are white space too. */
export function relaxed({ name, text }: Unsigned['field']): string {
  const value = text
    .slice(text.indexOf(':') + 1)
    .replaceAll('\r\n', '')
    .replaceAll(/[ \t]{2,}|\t/g, ' ')
  const start = value.startsWith(' ') ? 1 : 0
  return `${name}:${value.endsWith(' ') ? value.slice(start, -1) : value.slice(start)}`
}

/** Up to the equals sign of `b=`, and from the semicolon behind its value. */
export function withoutSignature(text: string): string {
  const colon = text.indexOf(':') + 1
  const tags = text.slice(colon).split(';')
  const at = tags.findIndex(tag => tag.slice(0, tag.indexOf('=')).trim() === 'b')
  return text.slice(0, colon) + tags.with(at, `${tags[at]?.split('=', 1)[0]}=`).join(';')
}
