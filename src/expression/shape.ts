import { z } from 'zod'

/** What a value in an expression can be: what a schema says, as far as an expression can make use of it. */
export type Shape =
  | { readonly kind: 'text'; readonly values?: readonly string[] }
  | { readonly kind: 'whole' | 'number' | 'boolean' }
  | { readonly kind: 'list'; readonly of: Shape }
  | RecordShape

export interface RecordShape {
  readonly kind: 'record'
  /** As CEL knows it: unique among all records. */
  readonly name: string
  readonly fields: ReadonlyMap<string, Field>
}

interface Field {
  readonly shape: Shape
  /** It may be absent. */
  readonly isOptional: boolean
  readonly description: string
}

/** What we read of a JSON Schema. */
interface JsonSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly description?: string
}

/** The shape of what a schema lets through; throws if an expression could not say a thing about it. */
export function shapeOf(schema: z.ZodType, name: string): Shape {
  return read(z.toJSONSchema(schema, { io: 'output', reused: 'inline' }) as JsonSchema, name)
}

function read(schema: JsonSchema, name: string): Shape {
  switch (schema.type) {
    case 'string':
      return readText(schema)
    case 'integer':
      return { kind: 'whole' }
    case 'number':
    case 'boolean':
      return { kind: schema.type }
    case 'array':
      return { kind: 'list', of: read(schema.items ?? {}, name) }
    case 'object':
      return readRecord(schema, name)
    default:
      throw new Error(`${name} has a schema that is not text, a number, a boolean, a list or an object`)
  }
}

function readText({ enum: several, const: one }: JsonSchema): Shape {
  const values = several ?? (one === undefined ? undefined : [one])
  return { kind: 'text', ...(values && { values: values.map(String) }) }
}

function readRecord({ properties = {}, required = [] }: JsonSchema, name: string): RecordShape {
  const fields = Object.entries(properties).map(([key, schema]) => {
    // An expression that says `constructor` must never get at what every object has.
    if (key in {}) throw new Error(`${name} has a field with the name ${key}, which every object has`)
    const shape = read(schema, `${name}.${key}`)
    return [key, { shape, isOptional: !required.includes(key), description: schema.description ?? '' }] as const
  })
  return { kind: 'record', name, fields: new Map(fields) }
}
