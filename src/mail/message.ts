import { type Field, parseHeader } from './header.ts'

/** A complete message in its wire form: CRLF line ends, no dot-stuffing. It is kept on disk when it is large. */
export interface Message {
  /** In bytes, header and body. */
  readonly size: number
  /** The header section, in order, as far as the header limits let it be read. */
  readonly fields: readonly Field[]
  /** The value of the first field of this name (any case), unfolded. */
  header(name: string): string | undefined
  /** The bytes. May be asked for more than once. */
  chunks(): Iterable<Buffer> | AsyncIterable<Buffer>
}

/** A message that is in memory as a whole. */
export class MemoryMessage implements Message {
  readonly size: number
  readonly #content: readonly Buffer[]
  #fields: readonly Field[] | undefined

  constructor(...content: readonly Buffer[]) {
    this.#content = content
    this.size = content.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  get fields(): readonly Field[] {
    this.#fields ??= parseHeader(this.#content)
    return this.#fields
  }

  header(name: string): string | undefined {
    return firstField(this.fields, name)
  }

  chunks(): Iterable<Buffer> {
    return this.#content
  }
}

/** The value of the first field of this name, in any case. */
export function firstField(fields: readonly Field[], name: string): string | undefined {
  const wanted = name.toLowerCase()
  return fields.find(field => field.name === wanted)?.value
}
