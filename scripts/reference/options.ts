import { z } from 'zod'

/** One option, as a row of the reference. */
export interface OptionRow {
  /** With its parents: `lists[].zone`. */
  readonly name: string
  readonly type: string
  readonly initial: string
  readonly description: string
}

/** What we read of a JSON Schema. */
interface Property {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly default?: unknown
  readonly description?: string
  readonly items?: Property
  readonly properties?: Readonly<Record<string, Property>>
  readonly required?: readonly string[]
}

/** All options of a schema, those of its lists' items included. */
export function optionRows(options: z.ZodType): OptionRow[] {
  return rowsOf(z.toJSONSchema(options, { io: 'input' }) as Property, '')
}

function rowsOf(schema: Property, prefix: string): OptionRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const name = prefix + key
    const initial = schema.required?.includes(key) ? '(required)' : code(property.default)
    const row = { name, type: typeOf(property), initial, description: property.description ?? '' }
    return [row, ...rowsOf(property.items ?? {}, `${name}[].`)]
  })
}

function typeOf({ enum: values, type, items }: Property): string {
  if (values) return values.map(code).join(' or ')
  if (type === 'array') return `list of ${items?.properties ? 'mappings' : `${items?.type}s`}`
  return type === 'object' ? 'mapping' : String(type)
}

function code(value: unknown): string {
  return value === undefined ? '' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}
