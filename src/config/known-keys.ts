import { z } from 'zod'
import type { Path } from './problem.ts'

/** The keys that a schema knows at a path, so that a misspelt one can be told from an invented one. */
export function knownKeys(schema: z.ZodType, path: Path): string[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' })
  const found = path.reduce<readonly unknown[]>((nodes, key) => nodes.flatMap(node => step(node, key)), alternatives(root))
  return [...new Set(found.flatMap(node => Object.keys(record(record(node).properties))))]
}

function step(node: unknown, key: PropertyKey): readonly unknown[] {
  const { properties, additionalProperties, items } = record(node)
  const next = typeof key === 'number' ? items : (record(properties)[String(key)] ?? additionalProperties)
  return alternatives(next)
}

function alternatives(node: unknown): readonly unknown[] {
  const { anyOf, oneOf, allOf } = record(node)
  const inner = [anyOf, oneOf, allOf].filter(Array.isArray).flat()
  return inner.length > 0 ? inner.flatMap(alternatives) : [node]
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
