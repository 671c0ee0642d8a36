import { limits } from './limits.ts'
import type { RecordShape, Shape } from './shape.ts'

/** An object as CEL has it: it tells records apart by their classes, which know no other field. */
export type CelRecord = new () => Record<string, unknown>

/** Makes values out of what facts have found; whole numbers are bigints. Counts what it makes. */
export class Values {
  readonly #classes: ReadonlyMap<string, CelRecord>
  #elements = 0
  #longest = 0

  constructor(classes: ReadonlyMap<string, CelRecord>) {
    this.#classes = classes
  }

  /** Throws when the value is not what its schema says, or too big to be looked through. */
  of(shape: Shape, value: unknown, name: string): unknown {
    if (shape.kind === 'record') return this.#record(shape, value, name)
    if (shape.kind === 'list') return this.#list(shape.of, value, name)
    if (shape.kind === 'text' && typeof value === 'string') return this.#text(value, name)
    if (shape.kind === 'whole' && Number.isSafeInteger(value)) return BigInt(value as number)
    if (shape.kind === 'number' && typeof value === 'number') return value
    if (shape.kind === 'boolean' && typeof value === 'boolean') return value
    throw new Error(`${name} is not what its schema says`)
  }

  /** A record of which only some fields are there. */
  empty(name: string): Record<string, unknown> {
    const Class = this.#classes.get(name)
    if (!Class) throw new Error(`There is no record ${name}`)
    return new Class()
  }

  #text(value: string, name: string): string {
    if (value.length > limits.text) throw new Error(`${name} has more than ${limits.text} characters`)
    this.#longest = Math.max(this.#longest, value.length)
    this.#checkReading(name)
    return value
  }

  #checkReading(name: string): void {
    if (this.#elements * this.#longest > limits.reading) throw new Error(`With ${name} there is too much to read`)
  }

  #record({ name: type, fields }: RecordShape, value: unknown, name: string): unknown {
    if (typeof value !== 'object' || value === null) throw new Error(`${name} is not what its schema says`)
    const record = this.empty(type)
    for (const [key, { shape }] of fields) {
      if (!Object.hasOwn(value, key)) continue
      const inner = (value as Record<string, unknown>)[key]
      if (inner !== undefined) record[key] = this.of(shape, inner, `${name}.${key}`)
    }
    return record
  }

  #list(of: Shape, value: unknown, name: string): unknown {
    if (!Array.isArray(value)) throw new Error(`${name} is not what its schema says`)
    this.#elements += value.length
    if (this.#elements > limits.elements) throw new Error(`With ${name} there are more than ${limits.elements} elements`)
    this.#checkReading(name)
    return value.map(element => this.of(of, element, name))
  }
}
