/** What a fact finds, field by field, as rows of the reference. */
export interface FieldRow {
  /** With its parents: `attachments[].name`. */
  readonly name: string
  readonly type: string
  readonly meaning: string
}

/** What we read of a JSON Schema. */
interface Value {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly description?: string
  readonly items?: Value
  readonly properties?: Readonly<Record<string, Value>>
  readonly required?: readonly string[]
}

/** All fields, those of the elements of lists included. */
export function fieldRows(schema: object, prefix = ''): FieldRow[] {
  const value: Value = schema
  if (value.items && prefix === '') return fieldRows(value.items, '[].')
  return Object.entries(value.properties ?? {}).flatMap(([key, field]) => {
    const name = prefix + key
    const type = typeOf(field) + (value.required?.includes(key) ? '' : ', may be absent')
    const row = { name: `\`${name}\``, type, meaning: field.description ?? '' }
    return [row, ...fieldRows(field.items ?? field, `${name}${field.items ? '[]' : ''}.`)]
  })
}

function typeOf({ type, enum: values, const: one, items }: Value): string {
  if (values) return values.map(code).join(', ')
  if (one !== undefined) return code(one)
  if (type === 'array')
    return `list of ${items?.properties ? 'objects' : items ? typeOf(items).replace(/^text$/, 'texts') : 'anything'}`
  return words[type ?? ''] ?? 'anything'
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'object',
}

function code(value: unknown): string {
  return `\`${String(value)}\``
}
